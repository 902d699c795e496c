package main

import "testing"

func TestByteSize(t *testing.T) {
	for text, want := range map[string]byteSize{
		"500MB": 500_000_000, "2gb": 2_000_000_000, "1.5 GB": 1_500_000_000, "64KB": 64_000, "10b": 10, "1024": 1024,
	} {
		var got byteSize
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MB", "-1GB", "0", "lots", "1e30GB", "NaN"} {
		var got byteSize
		if err := got.Set(text); err == nil {
			t.Errorf("%q is taken as %d", text, got)
		}
	}
}

func TestGeneratorRepeats(t *testing.T) {
	var first, second keepingWriter
	for _, w := range []*keepingWriter{&first, &second} {
		if _, err := newGenerator(7).write(w, 100); err != nil {
			t.Fatal(err)
		}
	}
	if first.text != second.text || first.text == "" {
		t.Error("the same seed gives other records")
	}
}

type keepingWriter struct{ text string }

func (w *keepingWriter) Write(p []byte) (int, error) {
	w.text += string(p)
	return len(p), nil
}
