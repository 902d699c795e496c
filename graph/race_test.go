//go:build race

package graph_test

// slower divides what the race detector makes too slow.
const slower = 4
