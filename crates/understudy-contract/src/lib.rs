//! Holds a backend to its promises.
//!
//! A run is planned before anything is sent ([`Plan`]): what only reads goes first and in parallel, flows that
//! write go one after the other, and what a fixture captures is seen by those that come `after` it and by
//! nobody else, so that the outcome does not depend on who was faster. Outcomes are never mixed: a backend that
//! cannot be reached breaks no promise, and a promise that could not be tested is not kept.
//!
//! What this crate does not know: project files, reports on paper, and stubs.

mod backend;
mod faces;
mod flow;
mod jar;
mod known;
mod outcome;
mod plan;
mod readable;
mod request;
mod retry;
mod run;
mod states;
mod strict;

pub use backend::{Addresses, Backend, StatesEndpoint};
pub use outcome::{KnownDifference, Outcome, OutcomeKind, Result, Summary};
pub use plan::{Plan, only_reads};
pub use run::{Progress, Settings, TIMEOUT, Witness, run};
