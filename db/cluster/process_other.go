//go:build !linux

package cluster

import "syscall"

// Elsewhere developers are not root, and Stop ends the server.
func as(int, int) *syscall.SysProcAttr { return nil }

func endWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr { return attr }
