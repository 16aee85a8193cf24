//! How the C library hands out memory to what runs long.
//!
//! glibc keeps a heap of its own for nearly every thread, and gives none of it back once a large block was freed: 5,000 sources
//! took 104 MB at first sight, of which 44 were in use. Three heaps, whose large blocks go back at once, take some 70 MB and no
//! more time. With a single one the threads wait for each other: a fourth to a half more processor time on a machine that is
//! free. glibc reads how it is to go about it when a program begins, and can be told later by unsafe calls alone. So the program
//! begins anew, once, as the same process. Elsewhere, and where the operator has told glibc something, nothing is done.

use std::env;
use std::ffi::{OsStr, OsString};
use std::thread::available_parallelism;

/// Where glibc reads its settings (<https://sourceware.org/glibc/manual/latest/html_node/Tunables.html>).
const TUNABLES: &str = "GLIBC_TUNABLES";

/// The older names of those that we set.
const OLDER: [&str; 3] = ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"];

/// Processors that share one heap: they meet in it only where they want blocks of more than a kilobyte.
const PROCESSORS_A_HEAP: usize = 4;

/// Heaps at least: the driver, who writes to the store, and those who read documents want blocks all the time.
const LEAST_HEAPS: usize = 3;

/// Blocks from this size on are taken from the system, and given back when they are freed.
const LARGE_BYTES: u32 = 1 << 20;

/// Free memory at the end of a heap goes back from this size on.
const TRIM_BYTES: u32 = 1 << 19;

/// Sets the heap up for a process that lasts. Called before anything is opened or begun; when it fails, all goes on as it is.
pub(super) fn settle() {
    let is_told = OLDER.iter().any(|name| env::var_os(name).is_some());
    let processors = available_parallelism().map_or(1, usize::from);
    if let Some(tunables) = tunables(env::var_os(TUNABLES).as_deref(), processors).filter(|_| !is_told) {
        begin_anew(&tunables);
    }
}

/// What glibc is to be told besides what it is told already; `None` where that is about its heaps.
fn tunables(told: Option<&OsStr>, processors: usize) -> Option<OsString> {
    let told = told.unwrap_or_default();
    if told.to_string_lossy().contains("glibc.malloc.") {
        return None;
    }
    let heaps = (processors / PROCESSORS_A_HEAP).max(LEAST_HEAPS);
    let ours = format!(
        "glibc.malloc.arena_max={heaps}:glibc.malloc.mmap_threshold={LARGE_BYTES}:glibc.malloc.trim_threshold={TRIM_BYTES}"
    );
    let mut all = told.to_owned();
    if !all.is_empty() {
        all.push(":");
    }
    all.push(ours);
    Some(all)
}

/// Begins the program anew in this process. Returns only where that cannot be done.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn begin_anew(tunables: &OsStr) {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    let (Ok(program), mut arguments) = (env::current_exe(), env::args_os()) else { return };
    let Some(name) = arguments.next() else { return };
    let error = Command::new(program).arg0(name).args(arguments).env(TUNABLES, tunables).exec();
    tracing::debug!("goes on with the heap as it is: {error}");
}

/// Other systems have other allocators.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn begin_anew(_tunables: &OsStr) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_is_set_up_once_and_not_where_the_operator_did() {
        let first = tunables(None, 2).expect("nothing is told");
        assert!(first.to_string_lossy().starts_with("glibc.malloc.arena_max=3:"), "{first:?}");
        assert_eq!(tunables(Some(&first), 2), None, "else it would begin anew for ever");
        let beside = tunables(Some(OsStr::new("glibc.cpu.x86_shstk=off")), 16).expect("that is about something else");
        assert!(
            beside.to_string_lossy().starts_with("glibc.cpu.x86_shstk=off:glibc.malloc.arena_max=4:"),
            "{beside:?}"
        );
        assert_eq!(tunables(Some(OsStr::new("glibc.malloc.perturb=1")), 2), None);
    }
}
