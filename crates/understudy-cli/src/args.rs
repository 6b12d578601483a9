//! What can be written on the command line.

use crate::trust::TrustArgs;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use understudy_api::{ReportFormat, printable};

/// Mock HTTP services from fixtures, and hold the real backends to them.
#[derive(Debug, Parser)]
#[command(name = "understudy", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Reads the program's arguments.
///
/// # Errors
/// Help, or what is wrong with an argument. The error shows arguments in one line each, with escapes
/// for what is never printed.
pub(crate) fn parse() -> Result<Args, clap::Error> {
    Args::try_parse().map_err(|error| {
        let shown = std::env::args_os().map(|argument| printable(&argument.to_string_lossy()).into_owned());
        Args::try_parse_from(shown).err().unwrap_or(error)
    })
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer requests from a project's fixtures
    Serve(ServeArgs),
    /// Replay a project's fixtures against the real backend
    Verify(VerifyArgs),
    /// Open a project in the browser: served, watched, edited and verified there
    Ui(UiArgs),
    /// Say everything that is wrong with a project's files
    Check {
        /// The project's folder [default: the nearest understudy.yaml upwards, else ./fixtures]
        project: Option<PathBuf>,
        #[command(flatten)]
        allowed: Allowed,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Say which fixture would answer a request, and why the others would not
    Explain(ExplainArgs),
    /// Pass requests on to the real backend, and record what passes, without credentials
    Record(RecordArgs),
    /// Look at what was recorded, and make fixtures of it
    Inbox(InboxArgs),
    /// Make fixtures of what a browser has recorded (HAR), without credentials, or of an OpenAPI description
    ///
    /// Imported again, a description brings up to date what was generated from it, and deletes fixtures whose operation is
    /// gone, unless somebody edited them. What people wrote stays.
    Import(ImportArgs),
    /// Count the operations and statuses of OpenAPI descriptions: which have a fixture, and which a backend was held to
    Coverage(CoverageArgs),
    /// Say what changed between two OpenAPI descriptions, whom it breaks, and which fixtures it is about
    Diff(DiffArgs),
    /// Save the files that an OpenAPI description names on other machines beside it, in .refs
    ///
    /// They are never asked for otherwise. What is there already is not fetched again: delete a copy to get a new one.
    Fetch {
        /// The description
        file: PathBuf,
        #[command(flatten)]
        allowed: Allowed,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Make a small working project
    Init {
        /// The folder
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Print the JSON Schema of a file format
    Schema {
        /// Which files
        #[arg(value_enum, default_value_t = SchemaOf::Fixture)]
        of: SchemaOf,
    },
    /// Print a script that completes arguments in a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// The places outside a project that its files may use.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Allowed {
    /// Let the project's files use this file or folder outside the project; may be repeated
    #[arg(long = "allow-outside", value_name = "PATH", value_parser = place, global = true)]
    pub(crate) outside: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct UiArgs {
    /// The project's folder [default: the nearest understudy.yaml upwards, else ./fixtures]
    pub(crate) project: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) allowed: Allowed,
    /// The port of the app itself; 0 is any free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
    /// Print the URL, and open nothing
    #[arg(long)]
    pub(crate) no_open: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RecordArgs {
    /// The project's folder [default: the nearest understudy.yaml upwards, else ./fixtures]
    pub(crate) project: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) allowed: Allowed,
    /// The service that is recorded [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// The backend, and no other, that requests are passed on to [default: the service's own]
    #[arg(long, value_name = "NAME|URL")]
    pub(crate) backend: Option<String>,
    /// The port of the recorder; 0 is any free one [default: the service's]
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct InboxArgs {
    #[command(subcommand)]
    pub(crate) command: Option<InboxCommand>,
    /// The project's folder [default: the nearest understudy.yaml upwards, else ./fixtures]
    #[arg(long, value_name = "PROJECT", global = true)]
    pub(crate) project: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) allowed: Allowed,
    /// Print one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum InboxCommand {
    /// List the fixtures that are proposed: what is new, what differs from fixtures that are there, what is the same
    List,
    /// Print one of them as the file that it would become
    Show {
        /// As it is listed: shop/items/get
        id: String,
    },
    /// Write fixtures: all that is new, or those that are named; of one that is named and changed, what differs is written
    /// into the fixture that is there
    Accept {
        /// As they are listed
        ids: Vec<String>,
        /// Make one fixture of them all, which holds answers as loosely as theirs need
        #[arg(long, requires = "ids")]
        merge: bool,
        /// The name of the fixture that is made, below the service's folder: items/one
        #[arg(long = "as", value_name = "NAME", requires = "ids")]
        name: Option<String>,
        /// Show what would be written and taken along, and write nothing
        #[arg(long)]
        preview: bool,
    },
    /// Write what is in the inbox as an HTTP archive (HAR): to a file, or to standard output
    Export {
        /// The file; one that is there is written over
        file: Option<PathBuf>,
    },
    /// Forget recordings: those that are named, or all
    #[command(override_usage = "understudy inbox discard ID...\n       understudy inbox discard --all")]
    Discard {
        /// As they are listed
        #[arg(required_unless_present = "all", value_name = "ID")]
        ids: Vec<String>,
        /// Everything that is in the inbox
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ImportArgs {
    /// HTTP archives (in a browser's developer tools: Network, "Save all as HAR with content"), or an OpenAPI description
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The service that gets the fixtures [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// The server whose exchanges are meant [default: a backend of the service, else the one that was asked most often]
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Option<String>,
    /// Of an archive, pages and their parts too: documents, scripts, styles, images, fonts
    #[arg(long)]
    pub(crate) pages: bool,
    /// Of an archive, responses too whose body is not in it: their fixtures have no `body`
    #[arg(long)]
    pub(crate) without_body: bool,
    /// Of an archive, write into fixtures what differs from them; otherwise that waits in the inbox
    #[arg(long, conflicts_with = "inbox")]
    pub(crate) accept: bool,
    /// Of an archive, write no file: put everything into the inbox, WebSockets included
    #[arg(long)]
    pub(crate) inbox: bool,
    /// Of a description, only this operation: its id, or "GET /pets/{id}" [may be repeated]
    #[arg(long = "operation", value_name = "NAME")]
    pub(crate) operations: Vec<String>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub(crate) preview: bool,
    /// The project's folder [default: the nearest understudy.yaml upwards, else ./fixtures]
    #[arg(long, value_name = "PROJECT")]
    pub(crate) into: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) allowed: Allowed,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim().parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "a number from 0 to 100 is wanted".to_owned())
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CoverageArgs {
    /// The project's folder [default: the nearest understudy.yaml upwards, else ./fixtures]
    pub(crate) project: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) allowed: Allowed,
    /// Only this service [may be repeated; default: all with a description]
    #[arg(long = "service", value_name = "NAME")]
    pub(crate) services: Vec<String>,
    /// Count only statuses that say that all went well (2xx)
    #[arg(long)]
    pub(crate) success: bool,
    /// Exit with 1 where fewer statuses have a fixture
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) min_fixtures: Option<f64>,
    /// Exit with 1 where a backend kept fewer statuses when it was last held to them
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) min_verified: Option<f64>,
    /// Write one page of HTML
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DiffArgs {
    /// The description that clients and backends keep to: a file, or REVISION:PATH of the git repository (main:api.yaml)
    #[arg(value_name = "OLD", required_unless_present = "explain")]
    pub(crate) old: Option<PathBuf>,
    /// The description that comes, in the same way
    #[arg(value_name = "NEW", required_unless_present = "explain")]
    pub(crate) new: Option<PathBuf>,
    /// The project whose fixtures may be touched [default: the nearest understudy.yaml upwards, if there is one]
    #[arg(long, value_name = "PROJECT")]
    pub(crate) project: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) allowed: Allowed,
    /// The service that is described [default: those with a description]
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Which changes give exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Breaking, value_name = "WHICH")]
    pub(crate) fail_on: FailOn,
    /// Write a report to a file, as FORMAT=FILE with the formats markdown and json; may be repeated
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = diff_report)]
    pub(crate) reports: Vec<(DiffFormat, PathBuf)>,
    /// Say what a rule means, by its id (answer-null-added), and compare nothing
    #[arg(long, value_name = "ID", conflicts_with_all = ["old", "new", "reports"])]
    pub(crate) explain: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// The form of a report of `diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiffFormat {
    Markdown,
    Json,
}

fn diff_report(text: &str) -> Result<(DiffFormat, PathBuf), String> {
    match text.split_once('=') {
        Some(("markdown", file)) if !file.is_empty() => Ok((DiffFormat::Markdown, file.into())),
        Some(("json", file)) if !file.is_empty() => Ok((DiffFormat::Json, file.into())),
        _ => Err("write it as markdown=FILE or json=FILE".to_owned()),
    }
}

/// Whom a change has to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// What breaks clients or backends
    Breaking,
    /// What breaks clients that keep to the old version
    Consumers,
    /// What breaks backends that keep to the old version
    Providers,
    /// None
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SchemaOf {
    /// A fixture's file
    Fixture,
    /// understudy.yaml
    Project,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ServeArgs {
    /// A project's folder, a folder of fixtures, one fixture or an OpenAPI description [default: the nearest understudy.yaml
    /// upwards, else ./fixtures]
    pub(crate) project: Option<PathBuf>,
    /// Serve this OpenAPI description, with no project: Prefer: code=, example=, dynamic=, seed= choose the answer
    #[arg(long, value_name = "FILE", conflicts_with_all = ["project", "services", "backend", "state"])]
    pub(crate) openapi: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) allowed: Allowed,
    /// What is done about requests that are not what the description says
    #[arg(long, value_enum, default_value_t = Requests::Refuse, value_name = "WHAT", requires = "openapi")]
    pub(crate) requests: Requests,
    /// Serve only this service; may be repeated
    #[arg(long = "service", value_name = "NAME")]
    pub(crate) services: Vec<String>,
    /// The port of the only service, or the shared port of several; 0 is any free one
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// Listen on this address instead of the loopbacks
    #[arg(long, value_name = "IP")]
    pub(crate) host: Option<IpAddr>,
    /// The backend that passthrough, fallback and record use
    #[arg(long, value_name = "NAME|URL")]
    pub(crate) backend: Option<String>,
    /// The state at the start, for fixtures with `when`; may be repeated
    #[arg(long = "state", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) state: Vec<(String, String)>,
    /// Look for edits from time to time, for mounts that tell of none (Docker on other systems, network drives) [default of
    /// the time: 1s]
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "1s", value_parser = time)]
    pub(crate) poll: Option<Duration>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// What the lines for requests look like
    #[arg(long, value_enum, default_value_t = Log::Text, value_name = "FORMAT")]
    pub(crate) log: Log,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Requests {
    /// They are refused, with everything that is wrong
    Refuse,
    /// They are answered, and what is wrong is in the log
    Report,
    /// They are answered, and not looked at
    Accept,
}

impl From<Requests> for understudy_api::Requests {
    fn from(requests: Requests) -> Self {
        match requests {
            Requests::Refuse => Self::Refuse,
            Requests::Report => Self::Report,
            Requests::Accept => Self::Accept,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Log {
    /// For people
    Text,
    /// A JSON object each
    Json,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct VerifyArgs {
    /// The project's folder [default: the nearest understudy.yaml upwards, else ./fixtures]
    pub(crate) project: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) allowed: Allowed,
    /// The backend, by its name in the project or by its address
    #[arg(long, value_name = "NAME|URL")]
    pub(crate) backend: Option<String>,
    /// Verify only this service; may be repeated
    #[arg(long = "service", value_name = "NAME")]
    pub(crate) services: Vec<String>,
    /// Only this fixture, with those that it comes after; may be repeated
    #[arg(long = "fixture", value_name = "SERVICE/ID")]
    pub(crate) fixtures: Vec<String>,
    /// Write the differences into the fixtures: the backend is right
    #[arg(long)]
    pub(crate) accept: bool,
    /// With --accept: show what would be written, and write nothing
    #[arg(long, requires = "accept")]
    pub(crate) dry_run: bool,
    /// With --accept: accept responses that may come of an outage too
    #[arg(long, requires = "accept")]
    pub(crate) force: bool,
    /// Verify only fixtures whose id or name holds this; may be repeated
    #[arg(long = "filter", value_name = "TEXT")]
    pub(crate) filters: Vec<String>,
    /// Verify only fixtures with this tag; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// How many requests are under way at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) jobs: u16,
    /// How long an answer may take where the project does not say: 500ms, 10s
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) timeout: Option<Duration>,
    /// Send write methods although the backend's entry does not allow them
    #[arg(long)]
    pub(crate) allow_writes: bool,
    /// Let what proves nothing, and what the backend adds, break a promise; fail where a fixture could not be verified
    #[arg(long)]
    pub(crate) strict: bool,
    /// Hold the answers against the services' OpenAPI descriptions too
    #[arg(long)]
    pub(crate) openapi: bool,
    /// Show each fixture by itself, even if many fail alike
    #[arg(long)]
    pub(crate) all: bool,
    /// Write a report to a file, as FORMAT=FILE with the formats junit, html and json; may be repeated
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report)]
    pub(crate) reports: Vec<(ReportFormat, PathBuf)>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    /// The request's method
    pub(crate) method: String,
    /// Its path, or its whole URL
    pub(crate) url: String,
    /// A header field; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
    /// The body; @FILE reads a file
    #[arg(short = 'd', long = "data", value_name = "TEXT")]
    pub(crate) data: Option<String>,
    /// The project's folder [default: the nearest understudy.yaml upwards, else ./fixtures]
    #[arg(long, value_name = "PROJECT")]
    pub(crate) project: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) allowed: Allowed,
    /// The service that is asked
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// The state, for fixtures with `when`; may be repeated
    #[arg(long = "state", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) state: Vec<(String, String)>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

/// A place that is there, with a path that does not depend on the current folder.
fn place(text: &str) -> Result<PathBuf, String> {
    let path = std::path::absolute(text).map_err(|error| error.to_string())?;
    if path.exists() { Ok(path) } else { Err("there is no such file or folder".to_owned()) }
}

fn time(text: &str) -> Result<Duration, String> {
    understudy_api::parse_duration(text)
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "write it as 500ms, 10s or 2m".to_owned())
}

fn report(text: &str) -> Result<(ReportFormat, PathBuf), String> {
    let (name, file) = text.split_once('=').unwrap_or((text, ""));
    let format = ReportFormat::ALL.into_iter().find(|format| format.name() == name);
    match format.filter(|_| !file.is_empty()) {
        Some(format) => Ok((format, file.into())),
        None => Err("write it as junit=FILE, html=FILE or json=FILE".to_owned()),
    }
}
