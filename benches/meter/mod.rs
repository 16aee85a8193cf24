//! Times, ratios and growth.

use std::time::{Duration, Instant};

/// The size and time before, to compare with.
#[derive(Default)]
pub(crate) struct Growth(Option<(usize, Duration)>);

impl Growth {
    /// How many times as long it took as the size before lets expect.
    pub(crate) fn add(&mut self, bytes: usize, time: Duration) -> f64 {
        let before = self.0.replace((bytes, time));
        before.map_or(1.0, |(size, earlier)| ratio(time, earlier) * float(size) / float(bytes))
    }
}

/// The shortest of several runs, and of as many more as fit into 20 ms. A run that is long enough to be interrupted counts
/// with its processor time.
pub(crate) fn shortest<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    let begin = Instant::now();
    let mut best = Duration::MAX;
    let mut done = 0;
    while done < runs || (begin.elapsed() < Duration::from_millis(20) && done < 100) {
        let spent = processor_time();
        let start = Instant::now();
        let result = std::hint::black_box(work());
        let mut time = start.elapsed();
        if time > Duration::from_millis(2)
            && let (Some(before), Some(after)) = (spent, processor_time())
        {
            time = time.min(after.saturating_sub(before));
        }
        best = best.min(time);
        drop(result);
        done += 1;
    }
    best
}

/// Processor time of this thread, where the system tells it: Linux counts it in nanoseconds, up to the last time the thread
/// gave way.
fn processor_time() -> Option<Duration> {
    std::thread::yield_now();
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    line.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

pub(crate) fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64().max(1e-9)
}

pub(crate) fn megabytes_per_second(bytes: usize, time: Duration) -> f64 {
    float(bytes) / 1e6 / time.as_secs_f64().max(1e-9)
}

/// For ratios.
pub(crate) fn float(bytes: usize) -> f64 {
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from)
}
