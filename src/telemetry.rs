//! Logs and metrics.
//!
//! Logs go to standard error, as text or as JSON lines; what is printed for people or scripts goes to standard output.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging. `filter` is a level (`info`) or directives (`courant=debug,sqlx=warn`).
///
/// # Errors
/// When the filter cannot be read.
pub fn start_logs(filter: &str, format: LogFormat) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        format!("`{filter}` is no log filter ({error}): use a level such as `info`, or `courant=debug,sqlx=warn`")
    })?;
    // It repeats what the failure of the source says, once for each certificate that is refused.
    let quiet = "rustls_platform_verifier=off".parse().map_err(|error| format!("{error}"))?;
    let filter = filter.add_directive(quiet);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let is_colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    // Logs that are started already (by a test, by an embedding program) stay as they are.
    let _ = match format {
        LogFormat::Text => builder.with_ansi(is_colour).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// Starts counting; gives the handle that `/metrics` is written from.
///
/// # Errors
/// When another recorder was started in this process.
pub fn start_metrics() -> Result<PrometheusHandle, String> {
    let seconds = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| format!("cannot count: {error}"))
}
