package ingest

import (
	"bytes"
	"errors"
	"unicode/utf8"
)

// errQuote says that a quoted cell that spans lines holds a single quote: its
// closing quote is missing, and what follows belongs to other rows.
var errQuote = errors.New("quoted cell is not closed")

// csvRow reads one row at the start of b: cells separated by comma, quoted by
// '"'. It differs from encoding/csv in that cells keep their line ends as they
// are, a row's size is bounded by its caller, and a stray quote inside a cell
// is text. Cells are slices of b or, where a doubled quote had to be undone, of
// scratch. n is the length of the row with its line end; atEOF says that no
// bytes follow b.
func csvRow(b []byte, comma byte, atEOF bool, cells [][]byte, scratch []byte) (n int, _ [][]byte, _ []byte, err error) {
	i := 0
	for {
		var cell []byte
		if i < len(b) && b[i] == '"' {
			cell, i, scratch, err = quotedCell(b, i, comma, atEOF, scratch)
			if err != nil {
				return i, cells, scratch, err
			}
		} else {
			start := i
			for i < len(b) && b[i] != comma && b[i] != '\n' && b[i] != '\r' {
				i++
			}
			cell = b[start:i]
		}
		cells = append(cells, cell)
		if i >= len(b) {
			if !atEOF {
				return i, cells, scratch, errShort
			}
			return i, cells, scratch, nil
		}
		switch b[i] {
		case comma:
			i++
			continue
		case '\r':
			if i+1 >= len(b) && !atEOF {
				return i, cells, scratch, errShort
			}
			if i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
		}
		return i + 1, cells, scratch, nil
	}
}

// quotedCell reads the cell whose opening quote is b[i].
func quotedCell(b []byte, i int, comma byte, atEOF bool, scratch []byte) ([]byte, int, []byte, error) {
	start, from := i+1, len(scratch)
	copied := false
	seg := start
	for i++; ; i++ {
		for i < len(b) && b[i] != '"' {
			i++
		}
		if i >= len(b) {
			return nil, i, scratch, errShort
		}
		if i+1 >= len(b) && !atEOF {
			return nil, i, scratch, errShort
		}
		if i+1 >= len(b) || b[i+1] == comma || b[i+1] == '\n' || b[i+1] == '\r' {
			break
		}
		if b[i+1] != '"' {
			if bytes.IndexByte(b[start:i], '\n') >= 0 {
				return nil, i, scratch, errQuote
			}
			continue
		}
		scratch = append(scratch, b[seg:i+1]...) // a doubled quote is one
		copied, seg = true, i+2
		i++
	}
	if !copied {
		return b[start:i], i + 1, scratch, nil
	}
	scratch = append(scratch, b[seg:i]...)
	return scratch[from:], i + 1, scratch, nil
}

func validCells(cells [][]byte) bool {
	for _, c := range cells {
		if !utf8.Valid(c) {
			return false
		}
	}
	return true
}
