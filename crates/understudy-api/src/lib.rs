//! Everything a person can do with a project, one function each: the crate that programs are made of.
//!
//! Here the pure crates meet the disk and the clock: projects are read from folders and watched, the environment is
//! filled in, servers and runs are started, and what they say becomes reports. Programs decide by
//! [`Code`], never by text.
//!
//! What this crate does not know: terminals, windows, arguments.

mod accept;
mod addresses;
mod app;
mod broken_files;
mod change;
mod check;
mod check_known;
mod clock;
mod conversation;
mod coverage;
mod described;
mod desk;
mod diff;
mod disk;
mod error;
mod explain;
mod fetch;
mod find;
mod hidden;
mod html;
mod import;
mod inbox;
mod init;
mod junit;
mod keep_name;
mod lines;
mod listing;
mod local;
mod outside;
mod project;
mod project_file;
mod reasons;
mod record;
mod recordings;
mod report;
mod requests_log;
mod resolve;
mod root;
mod runs;
mod selection;
mod serve;
mod server_paths;
mod servers;
mod tape;
mod trust;
mod unverified;
mod userinfo;
mod verify;
mod watch;

pub use accept::{AcceptOptions, Accepted, accept};
pub use app::{Action, App, Assets, COMMANDS, Engine, UiAddress, UiServer, actions, serve_ui};
pub use check::{Check, check, check_target};
pub use conversation::{Conversation, Spoken};
pub use coverage::{
    Counts, CoverageReport, CoverageRequest, CoveringFixture, OperationCoverage, ServiceCoverage, StatusCoverage,
    coverage, coverage_html, date_and_minute,
};
pub use desk::{RecordNews, RecordProgress, RecordedSummary};
pub use diff::{AcceptedReport, ChangeReport, DiffReport, DiffRequest, RuleReport, diff, explain_rule};
pub use error::{ApiError, Code};
pub use explain::{DescribedAnswer, ElsewhereAnswer, Explained, FileErrors, NearFixture, WeighedCondition, explain};
pub use fetch::{Fetched, fetch};
pub use import::{
    ArchiveAccept, ArchiveOptions, Import, ImportNews, ImportRequest, Imported, ImportedDescription, ImportedFixture,
    LeftOut, Waiting, import, list_left_out,
};
pub use inbox::{Chosen, InboxView, News, OpenInbox, Proposal, Settled, VarNeeded};
pub use init::init;

pub use find::{Target, find_project, find_target};
pub use project::{LoadedService, Project, open_description, open_project, open_target};
pub use reasons::{Block, Shared, Shown, blocks, new_beside};
pub use record::{RecordRequest, RecordingServer, record};
pub use report::{
    CheckReport, DiagnosticReport, DifferenceReport, FixtureReport, RedactionReport, ReportFormat, RunReport,
};
pub use requests_log::LogFormat;
pub use root::Root;
pub use runs::Verified;
pub use serve::{Elsewhere, Listening, Reloaded, ServeRequest, Serving, serve};
pub use trust::{Ask, Disclosure, Permission, TRUST_VARIABLE, Trust};
pub use understudy_contract::{Outcome, OutcomeKind, Result as FixtureResult, Summary};
pub use understudy_exchange::Json;
pub use understudy_exchange::printable::{printable, push_printable};
pub use understudy_fixture::model::{Requests, parse_duration};
pub use understudy_fixture::{Diagnostic, fixture_schema, project_schema};
pub use unverified::{NotVerified, not_verified};
pub use verify::{Run, VerifyProgress, VerifyRequest, verify};
