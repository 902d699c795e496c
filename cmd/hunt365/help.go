package main

import "github.com/spf13/cobra"

// exitStatus ends the help of every command that can find something.
const exitStatus = "\n\nExit status: see hunt365 help exit-codes."

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `Every command ends with one of these codes:

  0    clean: it ran to its end and found nothing at or above --fail-on
  1    findings at or above --fail-on
  2    failed: wrong usage, or nothing can be concluded
  3    incomplete: no findings, but a file, a source or a query could not be read
       in full, so that silence does not mean clean
  130  interrupted

Findings win over incomplete: the code is 1, and the gaps are said on standard
error and in the JSON. Standard output holds data only; what is meant for people
goes to standard error.`,
	}
}
