//! What machine this is, for the head of the table.

use std::process::Command;
use std::sync::LazyLock;

/// Processor, cores, memory and kernel, and the program's build.
pub fn describe() -> String {
    let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field =
        |text: &str, name: &str| text.lines().find(|l| l.starts_with(name)).and_then(|l| l.split(':').nth(1)).map(|v| v.trim().to_owned()).unwrap_or_default();
    let cpu = field(&file("/proc/cpuinfo"), "model name");
    let memory = field(&file("/proc/meminfo"), "MemTotal");
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = Command::new("uname").arg("-sr").output().map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    let build = if cfg!(debug_assertions) { "debug build: run `make bench`, which builds for release" } else { "release build" };
    format!("Machine: {cpu}, {cores} cores, {memory}, {kernel}; {build}; server and viewers on loopback of one machine.")
}

/// The day and time of now, UTC.
pub fn now() -> String {
    let now = Command::new("date").args(["-u", "+%Y-%m-%d %H:%M"]).output();
    now.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
}

/// Runs something, and whatever it starts, on one of the cores that this program may use; where there is but one, on that.
pub fn on_core<T>(number: usize, run: impl FnOnce() -> T) -> T {
    static ALL: LazyLock<libc::cpu_set_t> = LazyLock::new(allowed);
    let cores: Vec<usize> = (0..libc::CPU_SETSIZE as usize).filter(|core| is_in(*core, &ALL)).collect();
    let before = allowed();
    if let Some(core) = cores.get(number % cores.len().max(1)) {
        // SAFETY: a zeroed set is a valid one, and the core is one of those that fit into it.
        allow(&unsafe {
            let mut one: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(*core, &mut one);
            one
        });
    }
    let done = run();
    allow(&before);
    done
}

/// The cores on which this thread may run.
fn allowed() -> libc::cpu_set_t {
    // SAFETY: a zeroed set is a valid one, and the call writes no more than its size.
    unsafe {
        let mut all: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut all);
        all
    }
}

fn is_in(core: usize, set: &libc::cpu_set_t) -> bool {
    // SAFETY: the core is below the size of the set.
    core < libc::CPU_SETSIZE as usize && unsafe { libc::CPU_ISSET(core, set) }
}

fn allow(cores: &libc::cpu_set_t) {
    // SAFETY: the call reads a set of the size that it is told.
    unsafe {
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), cores);
    }
}

/// Lets every other thread go before this one.
pub fn step_back() {
    // SAFETY: setpriority takes numbers only; 0 is the calling thread.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, 19);
    }
}

/// Processor time that a process has used, all of its threads, in seconds.
pub fn cpu_seconds(pid: u32) -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let mut clock = 0;
    // SAFETY: both calls write to what they are given and nothing else.
    let failed = unsafe { libc::clock_getcpuclockid(pid.cast_signed(), &raw mut clock) != 0 || libc::clock_gettime(clock, &raw mut time) != 0 };
    if failed { f64::NAN } else { time.tv_sec as f64 + time.tv_nsec as f64 / 1e9 }
}

/// Resident memory of a process in MiB: now, and the most it ever was.
pub fn memory_mib(pid: u32) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = |name: &str| {
        let line = status.lines().find(|l| l.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|v| v.parse::<f64>().ok()).unwrap_or(f64::NAN)
    };
    (kib("VmRSS") / 1024.0, kib("VmHWM") / 1024.0)
}
