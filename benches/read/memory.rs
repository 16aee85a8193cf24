//! How much memory reading feeds takes: at most at one time, and for what was read.
//!
//! `cargo bench --bench read_memory` prints it as parts of the document. The body itself is not counted, everything else is.
//! Ends with an error when a document takes more than four times its size; one made to hurt may take 8 MB, however small it
//! is: many tiny entries are larger as values than as text. Memory is what is asked of the allocator: a buffer that grows
//! counts with its old and its new size.

#![expect(clippy::print_stdout, reason = "figures are for people")]

mod documents;
#[allow(dead_code, reason = "of the figures only one is wanted here")]
#[path = "../meter/mod.rs"]
mod meter;

use std::process::ExitCode;

use courant::model::Document;
use peak_alloc::PeakAlloc;

use documents::document;
use meter::float;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How many times its size a document may take.
const MOST: f64 = 4.0;
/// Bytes that a document made to hurt may take in any case.
const FLOOR_BYTES: f64 = 8e6;

fn main() -> ExitCode {
    println!("{:44} {:>8} {:>9} {:>9}", "memory, times the document", "MB", "at most", "held");
    let mut broken = Vec::new();
    for kind in documents::KINDS {
        for size in documents::SIZES {
            measure(kind.name(), &document(documents::encoded(kind, size)), 0.0, &mut broken);
        }
    }
    for (name, make) in documents::HOSTILE {
        for number in [100_000, 1_000_000] {
            measure(name, &document(make(number)), FLOOR_BYTES, &mut broken);
        }
    }
    for bound in &broken {
        println!("broken: {bound}");
    }
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure(name: &str, document: &Document, floor_bytes: f64, broken: &mut Vec<String>) {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let reading = courant::parse::feed(document).ok();
    let held = float(ALLOCATOR.current_usage().saturating_sub(before));
    let peak = float(ALLOCATOR.peak_usage().saturating_sub(before));
    drop(reading);
    let size = float(document.body.len());
    println!("{name:44} {:8.2} {:9.2} {:9.2}", size / 1e6, peak / size, held / size);
    if peak > (size * MOST).max(floor_bytes) {
        broken.push(format!("{name} of {:.2} MB takes {:.1} times that", size / 1e6, peak / size));
    }
}
