"""Take from a process what a parser does not need.

Everywhere: no core dump, no file made longer, few open files, bounded address space and processor time. On Linux, where
the kernel has it and without any right of root: no file can be opened, made, moved, removed or marked by its name
(Landlock, from 5.13 on, and seccomp, on x86-64 and ARM64), no socket, no other program, no process of its own, no
signal to another one and no look into it (seccomp), and an end with the process that started this one. What a kernel
lacks is left out, and `confine` returns what holds. On other systems (macOS) only the bounds hold, but for that of the
address space, which macOS does not set.

Source: docs.kernel.org/userspace-api/landlock.html; docs.kernel.org/userspace-api/seccomp_filter.html.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from pathlib import Path

MAX_FILES = 64  # open at once
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446  # the same on every processor
_FILE_RIGHTS = (13, 14, 15, 15, 16)  # numbers of rights known to version 1, 2, ... of Landlock
_NETWORK_RIGHTS = 0b11  # bind and connect by TCP, from version 4 on
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # of Berkeley Packet Filters
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050001, 0x00050026  # the call fails: with EPERM, with ENOSYS
_OTHER_NUMBERING = 0x40000000  # calls of x32, which would pass by the list
_PROCESSORS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CALLS: dict[str, tuple[int, ...]] = {  # numbers on x86-64, on ARM64; one where both have the same
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "socketpair": (53, 199),
    "io_uring_setup": (425,),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "perf_event_open": (298, 241),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "pidfd_open": (434,),
    "pidfd_getfd": (438,),
    "pidfd_send_signal": (424,),
    "add_key": (248, 217),
    "keyctl": (250, 219),
    "openat": (257, 56),
    "openat2": (437,),
    "unlinkat": (263, 35),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdirat": (258, 34),
    "linkat": (265, 37),
    "symlinkat": (266, 36),
    "truncate": (76, 45),
    "fchmodat": (268, 53),
    "fchmodat2": (452,),
    "fchownat": (260, 54),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
}
# open, fork, vfork, rename, mkdir, rmdir, creat, link, unlink, symlink, chmod, chown, lchown, utime, utimes: of x86-64
_OLDER_CALLS = (2, 57, 58, 82, 83, 84, 85, 86, 87, 88, 90, 92, 94, 132, 235)
_BOUNDING_CALLS: dict[str, tuple[int, ...]] = {"prlimit64": (302, 261), "setrlimit": (160, 164)}
_CLONE, _CLONE3, _CLONE_THREAD = (56, 220), 435, 0x10000


def limit(memory: int, seconds: int, written: int = 0) -> None:
    """Bound this process, for good once it is confined.

    Args:
        memory: bytes of address space.
        seconds: of processor time.
        written: bytes of any open file that it may write to.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES, MAX_FILES))
    with contextlib.suppress(OSError, ValueError):  # macOS knows the limit and refuses to set it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    if sys.platform.startswith("linux"):
        _refuse(ctypes.CDLL(None, use_errno=True), _numbers(_BOUNDING_CALLS))  # root could raise them again


def address_space() -> int:
    """Return this process's address space in bytes; 0 where it is unknown."""
    with contextlib.suppress(OSError, ValueError), Path("/proc/self/statm").open(encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
    return 0


def confine() -> tuple[str, ...]:
    """Take away files, network and other processes; return what of it holds."""
    if not sys.platform.startswith("linux"):
        return ()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return ()
    return tuple(name for name, take in (("landlock", _landlock), ("seccomp", _seccomp)) if take(libc))


def _landlock(libc: ctypes.CDLL) -> bool:
    """Handle every right that the kernel knows, and grant none."""
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    rights = (1 << _FILE_RIGHTS[min(version, len(_FILE_RIGHTS)) - 1]) - 1
    rules = struct.pack("QQ", rights, _NETWORK_RIGHTS) if version >= 4 else struct.pack("Q", rights)
    number = libc.syscall(_LANDLOCK_CREATE_RULESET, rules, len(rules), 0)
    if number < 0:
        return False
    try:
        return bool(libc.syscall(_LANDLOCK_RESTRICT_SELF, number, 0) == 0)
    finally:
        os.close(number)


def _seccomp(libc: ctypes.CDLL) -> bool:
    """Let the listed system calls fail, and those that would start a process."""
    return _refuse(libc, [*_numbers(_CALLS), *(_OLDER_CALLS if _arm() == 0 else ())], threads_only=True)


def _arm() -> int:
    return int(platform.machine() == "aarch64")


def _numbers(calls: dict[str, tuple[int, ...]]) -> list[int]:
    return [numbers[-1 if _arm() else 0] for numbers in calls.values()]


def _refuse(libc: ctypes.CDLL, calls: list[int], *, threads_only: bool = False) -> bool:
    """Let system calls fail; `threads_only`: those too that start a process and no thread."""
    machine = platform.machine()
    if machine not in _PROCESSORS or sys.maxsize < 2**32:
        return False
    first = 10 if threads_only else 4  # place of the first of the calls
    last = first + len(calls) + 1  # of the refusal; a jump counts from the next instruction
    code = [(_LOAD, 0, 0, 4), (_IF_EQUAL, 0, last - 2, _PROCESSORS[machine])]
    code += [(_LOAD, 0, 0, 0), (_IF_AT_LEAST, last - 4, 0, _OTHER_NUMBERING)]
    if threads_only:
        # The flags of `clone3` lie in memory, out of sight: libraries that are told that there is none call `clone`.
        code += [(_IF_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _UNKNOWN)]
        code += [(_IF_EQUAL, 0, 3, _CLONE[_arm()]), (_LOAD, 0, 0, 16), (_IF_ANY, 0, last - 9, _CLONE_THREAD)]
        code += [(_RETURN, 0, 0, _ALLOW)]
    code += [(_IF_EQUAL, last - place - 1, 0, call) for place, call in enumerate(calls, first)]
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    packed = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(packed)))
    return bool(libc.prctl(_PR_SET_SECCOMP, 2, program, 0, 0) == 0)
