//go:build tools

// Package tools names the program this module exists to build, so that go.mod and go.sum cover it.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
