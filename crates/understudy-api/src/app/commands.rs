//! The one list of what front ends can ask for. A command that has no function does not compile, and the TypeScript
//! that front ends are written against is made from it (`ui/src/engine/commands.ts`).

use super::App;
use super::actions::Action;
use super::describe::{CoverageOf, ImportOfDescription};
use super::exchange::{BodyRequest, BodyView, ExchangeRequest, ExchangeView};
use super::export::{ExportRun, ExportTraffic, Exported};
use super::files::{
    CompareRequest, Comparison, CompleteRequest, Completions, Created, FixtureFrom, FixtureRef, FixtureText,
    ImportArchive, NewFixture, RenameFixture, SaveFixture, SavedFixture,
};
use super::form::{FormEdit, FormRequest, FormView, RuleKinds, ValueAt, ValueRequest};
use super::preferences::Preferences;
use super::record::{AcceptProposals, DiscardProposals, KeepName, ProposalRef, RecordStart, RecordingView};
use super::run::{RunPart, RunRequest, StartRun};
use super::search::{Hits, SearchRequest};
use super::settled::{AcceptDifferences, AcceptedDifferences, LoosenDifference, Loosened, MarkKnown};
use super::states::{SetState, States};
use super::traffic::{Changed, ChangesRequest, TrafficCleared};
use super::tried::{Tried, TryRequest};
use super::trust::{TrustAnswer, TrustOf, TrustQuestions};
use super::undo::Undone;
use super::view::{Ports, ProjectView, ServiceRef};
use crate::coverage::CoverageReport;
use crate::error::{ApiError, Code};
use crate::import::{Imported, ImportedDescription};
use crate::inbox::{InboxView, Settled};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A request or a response with nothing in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Nothing {}

/// Some text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Text {
    /// The text.
    pub(crate) text: String,
}

/// The actions of the app.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Actions {
    /// In the order in which menus show them.
    pub(super) actions: Vec<Action>,
}

macro_rules! only_reads {
    (reads) => {
        true
    };
    (does) => {
        false
    };
}

/// A command that `reads` changes nothing, so that it may be asked again where nobody knows what came of it.
macro_rules! commands {
    ($($(#[doc = $doc:literal])+ $kind:ident $name:ident($request:ty) -> $response:ty;)*) => {
        /// The names of all commands.
        pub const COMMANDS: &[&str] = &[$(stringify!($name),)*];

        /// Whether a command of this name only reads.
        pub(super) fn only_reads(command: &str) -> bool {
            match command {
                $(stringify!($name) => only_reads!($kind),)*
                _ => false,
            }
        }

        impl App {
            /// Does what a front end asks for: a command's name and its request as JSON in, its response as JSON out.
            ///
            /// # Errors
            /// What the command says; [`Code::Usage`] where there is no such command, or its request is another one.
            pub async fn call(self: &Arc<Self>, command: &str, request: &[u8]) -> Result<Vec<u8>, ApiError> {
                match command {
                    $(stringify!($name) => {
                        let request: $request = read(command, request)?;
                        let response: $response = self.$name(request).await?;
                        Ok(serde_json::to_vec(&response).expect("what is declared here is JSON"))
                    })*
                    _ => Err(ApiError::new(Code::Usage, format!("there is no command `{command}`"))),
                }
            }
        }

        #[cfg(test)]
        pub(super) fn typescript() -> String {
            let mut types = tests::Types::default();
            $(types.add::<$request>(); types.add::<$response>();)*
            types.add::<ApiError>();
            let mut out = types.write();
            out.push_str("/** Every command: what it takes and what it gives. */\nexport type Commands = {\n");
            $(
                for line in [$($doc,)+] {
                    out.push_str(&format!("  /** {} */\n", line.trim()));
                }
                let (request, response) = (tests::name::<$request>(), tests::name::<$response>());
                out.push_str(&format!("  {}: {{ request: {request}; response: {response} }};\n", stringify!($name)));
            )*
            out.push_str("};\n");
            out
        }
    };
}

commands! {
    /// The project as it stands.
    reads project(Nothing) -> ProjectView;
    /// The ports on which services answer.
    reads ports(Nothing) -> Ports;
    /// Waits until something changed, for some seconds at most; says what.
    reads changes(ChangesRequest) -> Changed;
    /// Opens a service's port.
    does service_start(ServiceRef) -> Nothing;
    /// Closes a service's port.
    does service_stop(ServiceRef) -> Nothing;
    /// What a service's state says, and could say.
    reads states(ServiceRef) -> States;
    /// Sets a name of a service's state.
    does state_set(SetState) -> Nothing;
    /// Sets a service's state to what it was when the service was started.
    does state_reset(ServiceRef) -> Nothing;
    /// A fixture's file.
    reads fixture(FixtureRef) -> FixtureText;
    /// Writes a fixture's file, unless it is another one by now.
    does fixture_save(SaveFixture) -> SavedFixture;
    /// Where a fixture's file and another text of it differ.
    reads compare(CompareRequest) -> Comparison;
    /// Moves a fixture's file.
    does fixture_rename(RenameFixture) -> Created;
    /// Makes fixtures of an archive (HAR) of a browser's traffic, without credentials.
    does import(ImportArchive) -> Imported;
    /// Makes fixtures of a service's description, or shows what would be made.
    does import_description(ImportOfDescription) -> ImportedDescription;
    /// The operations and statuses of descriptions: which have a fixture, and which a backend was held to.
    reads coverage(CoverageOf) -> CoverageReport;
    /// What can be written next in a fixture's file.
    reads complete(CompleteRequest) -> Completions;
    /// A fixture's text as a form.
    reads form(FormRequest) -> FormView;
    /// The text with one thing changed in its form; nothing is written.
    reads form_edit(FormEdit) -> Text;
    /// The value at a place of a body, and which rules it obeys.
    reads form_value(ValueRequest) -> ValueAt;
    /// The kinds of rule that a form offers.
    reads rule_kinds(Nothing) -> RuleKinds;
    /// Makes a fixture to start from.
    does fixture_new(NewFixture) -> Created;
    /// Makes a fixture that answers a request that came in.
    does fixture_from(FixtureFrom) -> Created;
    /// Copies a fixture.
    does fixture_duplicate(FixtureRef) -> Created;
    /// Deletes a fixture's file.
    does fixture_delete(FixtureRef) -> Nothing;
    /// Words in fixtures' files.
    reads search(SearchRequest) -> Hits;
    /// Takes back the last change that was made to a file here.
    does undo(Nothing) -> Undone;
    /// Makes again what was taken back.
    does redo(Nothing) -> Undone;
    /// The request that shows what a fixture is about.
    reads try_example(FixtureRef) -> TryRequest;
    /// Sends a request to a service, and says which fixture answered and why.
    does try_request(TryRequest) -> Tried;
    /// One exchange, without its bodies.
    reads exchange(ExchangeRequest) -> ExchangeView;
    /// The body of one side of an exchange.
    reads exchange_body(BodyRequest) -> BodyView;
    /// An exchange's request as a line for a shell.
    reads exchange_curl(ExchangeRequest) -> Text;
    /// Forgets the traffic.
    does traffic_clear(Nothing) -> TrafficCleared;
    /// Writes traffic as an HTTP archive (HAR), without credentials.
    does export_traffic(ExportTraffic) -> Exported;
    /// Writes the last run as a report.
    does export_run(ExportRun) -> Exported;
    /// Records a service's backend, on the service's port.
    does record_start(RecordStart) -> Nothing;
    /// Lets a service's fixtures answer again.
    does record_stop(ServiceRef) -> Nothing;
    /// How recording goes.
    reads recording(Nothing) -> RecordingView;
    /// What was recorded and waits to become fixtures.
    reads inbox(Nothing) -> InboxView;
    /// The text of the file that a proposal would become, or several together.
    reads proposal_text(ProposalRef) -> Text;
    /// What is in the inbox, as an HTTP archive (HAR).
    reads inbox_har(Nothing) -> Text;
    /// Writes what is in the inbox as an HTTP archive (HAR).
    does export_inbox(Nothing) -> Exported;
    /// Says which fixtures would be made of proposals, and what would be taken along.
    reads inbox_plan(AcceptProposals) -> Settled;
    /// Makes fixtures of proposals.
    does inbox_accept(AcceptProposals) -> Settled;
    /// Throws proposals away.
    does inbox_discard(DiscardProposals) -> Settled;
    /// Writes into the project that values under a name are no secrets.
    does keep_name(KeepName) -> Nothing;
    /// Replays fixtures against a backend.
    does run_start(StartRun) -> Nothing;
    /// Ends a run; what was judged stands.
    does run_cancel(Nothing) -> Nothing;
    /// The last run, from its nth result on.
    reads run(RunRequest) -> RunPart;
    /// Writes differences of the last run into the fixture: the backend is right.
    does accept(AcceptDifferences) -> AcceptedDifferences;
    /// Holds the place of a difference of the last run less strictly, by a rule.
    does loosen(LoosenDifference) -> Loosened;
    /// Marks a difference of the last run as accepted for now.
    does mark_known(MarkKnown) -> Nothing;
    /// Permissions that a person has to give before requests are sent to backends.
    reads trust_questions(TrustOf) -> TrustQuestions;
    /// Allows that backends get variables of the environment, or refuses it.
    does trust_answer(TrustAnswer) -> Nothing;
    /// What can be done, with its keys.
    reads actions(Nothing) -> Actions;
    /// What is remembered of this person, on this machine.
    reads preferences(Nothing) -> Preferences;
    /// Remembers something else.
    does preferences_set(Preferences) -> Nothing;
}

pub(super) fn read<T: DeserializeOwned>(command: &str, request: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(request)
        .map_err(|error| ApiError::new(Code::Usage, format!("`{command}` does not take that: {error}")))
}

#[cfg(test)]
mod tests {
    use std::any::type_name;
    use std::collections::BTreeMap;
    use std::path::Path;
    use ts_rs::{Config, TS, TypeVisitor};

    fn config() -> Config {
        Config::default().with_large_int("number")
    }

    pub(super) fn name<T: TS>() -> String {
        T::name(&config())
    }

    /// Declarations, by name, each with the type that it is of.
    #[derive(Default)]
    pub(super) struct Types(BTreeMap<String, (&'static str, String)>);

    impl Types {
        pub(super) fn add<T: TS + 'static + ?Sized>(&mut self) {
            // Only what is declared by somebody has a place to be exported to.
            if T::output_path().is_some() {
                let docs = T::docs().unwrap_or_default();
                let declaration = format!("{docs}export {}\n\n", T::decl(&config()));
                let (ident, own) = (T::ident(&config()), type_name::<T>());
                if let Some((before, _)) = self.0.insert(ident.clone(), (own, declaration)) {
                    assert_eq!(before, own, "both are called {ident}");
                    return;
                }
            }
            T::visit_dependencies(self);
            T::visit_generics(self);
        }

        pub(super) fn write(self) -> String {
            let mut out = "// Made from crates/understudy-api/src/app/commands.rs; `UPDATE=1 cargo test -p understudy-api` makes it anew.\n\n".to_owned();
            out.extend(self.0.into_values().map(|(_, declaration)| declaration));
            out
        }
    }

    impl TypeVisitor for Types {
        fn visit<T: TS + 'static + ?Sized>(&mut self) {
            self.add::<T>();
        }
    }

    #[test]
    fn what_only_reads_may_be_asked_again_and_nothing_else() {
        assert!(["changes", "coverage", "inbox_har", "ports"].into_iter().all(super::only_reads));
        assert!(!["accept", "export_inbox", "no_such_command", "undo"].into_iter().any(super::only_reads));
    }

    #[test]
    fn the_front_end_is_written_against_these_commands() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/engine/commands.ts");
        let made = super::typescript();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &made).expect("the file can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == made, "ui/src/engine/commands.ts is not what the commands say: UPDATE=1 makes it anew");
    }
}
