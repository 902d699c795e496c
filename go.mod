module github.com/hunt365/hunt365

go 1.26
