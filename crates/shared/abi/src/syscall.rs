//! The system calls, one row each: number, name, arguments.
//!
//! The kernel's dispatch, the user library's stubs and the names in the trace all come from
//! this table. Numbers are Linux's (arch/x86/entry/syscalls/syscall_64.tbl). To add a call,
//! add a row: the kernel then does not compile until it has a function of that name.

/// Calls `$go!` with every row: `number name(arguments);`.
///
/// ```ignore
/// macro_rules! names { ($($n:literal $name:ident($($arg:ident),*);)*) => { … } }
/// abi::syscalls!(names);
/// ```
#[macro_export]
macro_rules! syscalls {
    ($go:ident) => {
        $go! {
            0 read(fd, buf, count);
            1 write(fd, buf, count);
            2 open(path, flags, mode);
            3 close(fd);
            4 stat(path, buf);
            5 fstat(fd, buf);
            6 lstat(path, buf);
            7 poll(fds, count, timeout_ms);
            8 lseek(fd, offset, whence);
            9 mmap(addr, len, prot, flags, fd, offset);
            10 mprotect(addr, len, prot);
            11 munmap(addr, len);
            12 brk(addr);
            13 rt_sigaction(signal, act, old, size);
            14 rt_sigprocmask(how, set, old, size);
            15 rt_sigreturn();
            16 ioctl(fd, request, arg);
            17 pread64(fd, buf, count, offset);
            18 pwrite64(fd, buf, count, offset);
            19 readv(fd, iov, count);
            20 writev(fd, iov, count);
            21 access(path, mode);
            22 pipe(fds);
            24 sched_yield();
            28 madvise(addr, len, advice);
            32 dup(fd);
            33 dup2(old, new);
            34 pause();
            35 nanosleep(request, remaining);
            39 getpid();
            56 clone(flags, stack, parent_tid, child_tid, tls);
            57 fork();
            58 vfork();
            59 execve(path, argv, envp);
            60 exit(status);
            61 wait4(pid, status, options, rusage);
            62 kill(pid, signal);
            63 uname(buf);
            72 fcntl(fd, command, arg);
            76 truncate(path, size);
            77 ftruncate(fd, size);
            79 getcwd(buf, size);
            80 chdir(path);
            81 fchdir(fd);
            82 rename(old, new);
            83 mkdir(path, mode);
            84 rmdir(path);
            85 creat(path, mode);
            86 link(old, new);
            87 unlink(path);
            88 symlink(target, path);
            89 readlink(path, buf, size);
            90 chmod(path, mode);
            91 fchmod(fd, mode);
            92 chown(path, uid, gid);
            93 fchown(fd, uid, gid);
            94 lchown(path, uid, gid);
            95 umask(mask);
            96 gettimeofday(tv, tz);
            98 getrusage(who, usage);
            99 sysinfo(buf);
            100 times(buf);
            102 getuid();
            103 syslog(kind, buf, len);
            104 getgid();
            105 setuid(id);
            106 setgid(id);
            107 geteuid();
            108 getegid();
            109 setpgid(pid, pgid);
            110 getppid();
            111 getpgrp();
            112 setsid();
            115 getgroups(size, list);
            121 getpgid(pid);
            124 getsid(pid);
            127 rt_sigpending(set, size);
            130 rt_sigsuspend(set, size);
            131 sigaltstack(new, old);
            133 mknod(path, mode, dev);
            137 statfs(path, buf);
            138 fstatfs(fd, buf);
            140 getpriority(which, who);
            141 setpriority(which, who, value);
            155 pivot_root(new_root, put_old);
            157 prctl(option, a, b, c, d);
            158 arch_prctl(option, addr);
            161 chroot(path);
            162 sync();
            165 mount(source, target, fstype, flags, data);
            166 umount2(target, flags);
            169 reboot(magic1, magic2, command, arg);
            170 sethostname(name, len);
            171 setdomainname(name, len);
            186 gettid();
            201 time(out);
            202 futex(addr, operation, value, timeout, addr2, value3);
            204 sched_getaffinity(pid, size, mask);
            217 getdents64(fd, buf, size);
            218 set_tid_address(addr);
            228 clock_gettime(clock, buf);
            229 clock_getres(clock, buf);
            230 clock_nanosleep(clock, flags, request, remaining);
            231 exit_group(status);
            234 tgkill(group, tid, signal);
            257 openat(dir, path, flags, mode);
            258 mkdirat(dir, path, mode);
            259 mknodat(dir, path, mode, dev);
            260 fchownat(dir, path, uid, gid, flags);
            262 newfstatat(dir, path, buf, flags);
            263 unlinkat(dir, path, flags);
            264 renameat(old_dir, old, new_dir, new);
            265 linkat(old_dir, old, new_dir, new, flags);
            266 symlinkat(target, dir, path);
            267 readlinkat(dir, path, buf, size);
            268 fchmodat(dir, path, mode);
            269 faccessat(dir, path, mode);
            271 ppoll(fds, count, timeout, mask, size);
            272 unshare(flags);
            280 utimensat(dir, path, times, flags);
            292 dup3(old, new, flags);
            293 pipe2(fds, flags);
            302 prlimit64(pid, resource, new, old);
            308 setns(fd, kind);
            316 renameat2(old_dir, old, new_dir, new, flags);
            318 getrandom(buf, size, flags);
            436 close_range(first, last, flags);
        }
    };
}

macro_rules! numbers {
    ($($number:literal $name:ident($($arg:ident),*);)*) => {
        /// The numbers by name, as `nr::write`.
        #[allow(non_upper_case_globals, missing_docs)]
        pub mod nr {
            $(pub const $name: u64 = $number;)*
        }
        /// The name of a system call, or `None` for a number that has no row.
        pub const fn name(number: u64) -> Option<&'static str> {
            match number { $($number => Some(stringify!($name)),)* _ => None }
        }
        /// The names of its arguments, in order.
        pub const fn arguments(number: u64) -> &'static [&'static str] {
            match number { $($number => &[$(stringify!($arg)),*],)* _ => &[] }
        }
    };
}
syscalls!(numbers);
