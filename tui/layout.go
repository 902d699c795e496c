package tui

// shape says how the panes of a view share the screen.
type shape int

const (
	tooSmall shape = iota
	single         // only the focused pane
	stacked        // one above the other
	full           // side by side
)

// shapeOf picks the layout for a terminal of w by h cells.
func shapeOf(w, h int) shape {
	switch {
	case w < 40 || h < 10:
		return tooSmall
	case w >= 120 && h >= 30:
		return full
	case w >= 80 && h >= 24:
		return stacked
	}
	return single
}

// rect is a part of the screen's body.
type rect struct{ x, y, w, h int }

// divide gives each of n panes its place in a body of w by h cells. Panes that
// are not shown get none. The first is the main one and gets the larger share.
func divide(s shape, n, focus, w, h int) []rect {
	out := make([]rect, n)
	switch {
	case n == 0:
	case n == 1 || s == single || s == tooSmall:
		out[min(focus, n-1)] = rect{0, 0, w, h}
	case s == stacked:
		y := 0
		for i := range n {
			share := (h - out[0].h) / max(n-1, 1)
			switch i {
			case 0:
				share = h * 3 / 5
			case n - 1:
				share = h - y
			}
			out[i] = rect{0, y, w, share}
			y += share
		}
	default:
		x := 0
		for i := range n {
			share := (w - (n - 1)) * 2 / 3
			if i > 0 {
				share = (w - (n - 1) - out[0].w) / (n - 1)
			}
			if i == n-1 {
				share = w - x
			}
			out[i] = rect{x, 0, share, h}
			x += share + 1
		}
	}
	return out
}
