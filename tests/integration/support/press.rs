//! The library at work in a house, with a clock that tests step.

use std::sync::{Arc, Mutex};

use courant::app::App;
use courant::config;
use courant::model::{Article, SourceId};
use courant::pipeline::{self, Clock, ClockWatch, Report, Round};
use courant::store::{Selection, SourceStatus, Store};
use jiff::{Span, Timestamp};
use tokio_util::sync::CancellationToken;

use super::House;

/// A clock that stands until it is stepped.
#[derive(Clone)]
pub(crate) struct SteppedClock(Arc<Mutex<Timestamp>>);

impl SteppedClock {
    pub(crate) fn at(moment: &str) -> Self {
        Self(Arc::new(Mutex::new(moment.parse().expect("a moment"))))
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics with the clock in hand")
    }

    /// Moves on by a span of hours and smaller units.
    pub(crate) fn step(&self, span: Span) {
        let later = self.now() + span;
        *self.0.lock().expect("nobody panics with the clock in hand") = later;
    }

    fn clock(&self) -> Clock {
        let own = self.clone();
        Arc::new(move || own.now())
    }
}

/// The parts of the program, joined as its shell joins them.
pub(crate) struct Press {
    app: App,
}

impl Press {
    /// Opens the store and the output of a house.
    pub(crate) async fn open(house: &House, clock: &SteppedClock) -> Self {
        let settings = config::load_with(&house.path("courant.toml"), house.environment.iter().cloned());
        let settings = settings.unwrap_or_else(|problems| panic!("{problems:#?}"));
        let mut app = App::build(&settings, clock.clock(), None).await.expect("the house is sound");
        // Stepping the clock is time that passes, not a clock that is set.
        let own = clock.clone();
        let passed = move || own.now().duration_since(Timestamp::UNIX_EPOCH).unsigned_abs();
        app.pipeline.watch = Arc::new(ClockWatch::new(Arc::new(move || (None, passed()))));
        Self { app }
    }

    /// One round over what is due, then every feed is rendered.
    pub(crate) async fn due(&self) -> Vec<Report> {
        self.round(&Round::Due).await
    }

    /// One round over everything, then every feed is rendered.
    pub(crate) async fn all(&self) -> Vec<Report> {
        self.round(&Round::All).await
    }

    async fn round(&self, round: &Round) -> Vec<Report> {
        let mut reports = Vec::new();
        let mut keep = |report: &Report| reports.push(report.clone());
        pipeline::once(&self.app.pipeline, round, &CancellationToken::new(), &mut keep).await.expect("the store works");
        let rendered = self.app.render().await.expect("the store works");
        assert!(rendered.failed.is_empty(), "{:?}", rendered.failed);
        reports
    }

    /// One round over what is due, told of each report as it comes.
    pub(crate) async fn due_telling(&self, told: &mut (dyn FnMut(&Report) + Send)) {
        let ended = pipeline::once(&self.app.pipeline, &Round::Due, &CancellationToken::new(), told).await;
        ended.expect("the store works");
    }

    /// Drops what retention says.
    pub(crate) async fn retire(&self) -> pipeline::Retired {
        self.app.retire(&CancellationToken::new()).await.expect("the store works")
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.app.pipeline.store
    }

    /// How a source stands.
    pub(crate) async fn status(&self, source: &str) -> SourceStatus {
        let id: SourceId = source.parse().expect("an id");
        let rows = self.store().status().await.expect("the store works");
        rows.into_iter().find(|row| row.id == id).expect("the source is configured")
    }

    /// Everything that is announced, newest announcement first.
    pub(crate) async fn articles(&self) -> Vec<Article> {
        let selection = Selection { limit: 1_000, ..Selection::default() };
        self.store().articles(&selection).await.expect("the store works")
    }

    pub(crate) async fn close(self) {
        self.app.close().await;
    }
}
