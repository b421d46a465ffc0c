package cluster

import "syscall"

// as runs a process as another user; -1 is the present one.
func as(uid, gid int) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if uid >= 0 {
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return attr
}

// endWithParent ends the server even when this process is killed.
func endWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	attr.Pdeathsig = syscall.SIGQUIT
	return attr
}
