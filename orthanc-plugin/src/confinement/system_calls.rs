//! The system calls that computing takes. Any other answers as on a kernel that does not have it, which libraries are made for.
//!
//! Named is what may be done, because what may not grows with every kernel: sockets, programs and files are opened by a dozen calls,
//! and by io_uring without any.

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};
use std::collections::BTreeMap;

/// Calls that are allowed whatever their arguments are.
#[rustfmt::skip]
const ALWAYS: &[c_long] = &[
    // Reading and answering.
    libc::SYS_read, libc::SYS_readv, libc::SYS_pread64, libc::SYS_preadv, libc::SYS_write, libc::SYS_writev, libc::SYS_lseek,
    libc::SYS_close, libc::SYS_close_range, libc::SYS_dup, libc::SYS_dup3, libc::SYS_ppoll, libc::SYS_eventfd2,
    libc::SYS_pipe2, libc::SYS_fstat, libc::SYS_newfstatat, libc::SYS_statx, libc::SYS_fstatfs, libc::SYS_statfs,
    libc::SYS_faccessat, libc::SYS_faccessat2, libc::SYS_readlinkat, libc::SYS_getdents64, libc::SYS_getcwd,
    libc::SYS_fadvise64, libc::SYS_readahead,
    // Memory.
    libc::SYS_brk, libc::SYS_mmap, libc::SYS_munmap, libc::SYS_mremap, libc::SYS_mprotect, libc::SYS_madvise, libc::SYS_mincore,
    libc::SYS_mlock, libc::SYS_munlock, libc::SYS_membarrier, libc::SYS_mbind, libc::SYS_get_mempolicy, libc::SYS_set_mempolicy,
    // Threads.
    libc::SYS_futex, libc::SYS_set_robust_list, libc::SYS_get_robust_list, libc::SYS_rseq, libc::SYS_set_tid_address,
    libc::SYS_sched_yield, libc::SYS_sched_getaffinity, libc::SYS_sched_setaffinity, libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler, libc::SYS_sched_get_priority_max, libc::SYS_sched_get_priority_min, libc::SYS_getcpu,
    libc::SYS_exit, libc::SYS_exit_group, libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction, libc::SYS_rt_sigprocmask, libc::SYS_rt_sigreturn, libc::SYS_sigaltstack,
    // Who and when.
    libc::SYS_getpid, libc::SYS_gettid, libc::SYS_getppid, libc::SYS_getuid, libc::SYS_geteuid, libc::SYS_getgid, libc::SYS_getegid,
    libc::SYS_uname, libc::SYS_sysinfo, libc::SYS_getrusage, libc::SYS_times, libc::SYS_getrandom, libc::SYS_getpriority,
    libc::SYS_clock_gettime, libc::SYS_clock_getres, libc::SYS_clock_nanosleep, libc::SYS_nanosleep, libc::SYS_gettimeofday,
];

/// Forms of these that only x86-64 has. By `arch_prctl` a library asks for the matrix registers of newer processors.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const ALWAYS_HERE: &[c_long] = &[
    libc::SYS_arch_prctl, libc::SYS_stat, libc::SYS_lstat, libc::SYS_access, libc::SYS_readlink, libc::SYS_poll, libc::SYS_dup2,
    libc::SYS_time, libc::SYS_getrlimit,
];
#[cfg(not(target_arch = "x86_64"))]
const ALWAYS_HERE: &[c_long] = &[];

/// Flags of opening a file that are not for reading.
const WRITING: i32 = libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC;

/// Requests of `ioctl` that ask whether something is a terminal, and how much can be read.
const REQUESTS: [u64; 2] = [libc::TCGETS, libc::FIONREAD];

/// Operations of `fcntl`: copies and flags. By others a descriptor sends signals to any process of the same user.
const DESCRIPTORS: [i32; 6] =
    [libc::F_DUPFD, libc::F_DUPFD_CLOEXEC, libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_SETFL];

/// Operations of `prctl` by which threads and mappings get a name.
const OPERATIONS: [i32; 3] = [libc::PR_SET_NAME, libc::PR_GET_NAME, libc::PR_SET_VMA];

pub(super) fn restrict() -> Result<(), String> {
    let program = program().map_err(|error| error.to_string())?;
    apply_filter(&program).map_err(|error| format!("seccomp: {error}"))
}

fn program() -> Result<BpfProgram, BackendError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let denied = SeccompAction::Errno(libc::ENOSYS as u32);
    SeccompFilter::new(rules()?, denied, SeccompAction::Allow, architecture)?.try_into()
}

fn rules() -> Result<BTreeMap<c_long, Vec<SeccompRule>>, BackendError> {
    let mut rules: BTreeMap<_, _> = ALWAYS.iter().chain(ALWAYS_HERE).map(|call| (*call, Vec::new())).collect();
    let reading = SeccompCmpOp::MaskedEq(WRITING as u64);
    rules.insert(libc::SYS_openat, vec![one(2, reading.clone(), 0)?]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, vec![one(1, reading, 0)?]);
    // A thread, not a process. The flags of clone3 lie in memory, where no filter sees them.
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, vec![one(0, SeccompCmpOp::MaskedEq(thread), thread)?]);
    // Signals to itself, as abort sends them.
    rules.insert(libc::SYS_tgkill, vec![one(0, SeccompCmpOp::Eq, std::process::id().into())?]);
    // Limits of its own.
    rules.insert(libc::SYS_prlimit64, vec![one(0, SeccompCmpOp::Eq, 0)?]);
    rules.insert(libc::SYS_ioctl, each(1, &REQUESTS)?);
    rules.insert(libc::SYS_fcntl, each(1, &DESCRIPTORS.map(|operation| operation as u64))?);
    rules.insert(libc::SYS_prctl, each(0, &OPERATIONS.map(|operation| operation as u64))?);
    Ok(rules)
}

fn one(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)?])
}

fn each(argument: u8, values: &[u64]) -> Result<Vec<SeccompRule>, BackendError> {
    values.iter().map(|value| one(argument, SeccompCmpOp::Eq, *value)).collect()
}
