// Hunt365 finds out from audit evidence whether the mailboxes of a Microsoft
// 365 tenant are compromised.
//
// This package is flags, wiring and exit codes, one file per command. What a
// command does with its options is in its run method; nothing below main ends
// the process.
package main

import "os"

func main() { os.Exit(Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
