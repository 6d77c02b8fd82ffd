module bomgate.dev/tests/node/pause

go 1.26
