// Made from crates/understudy-api/src/app/commands.rs; `UPDATE=1 cargo test -p understudy-api` makes it anew.

/**
 * Differences to accept.
 */
export type AcceptDifferences = { 
/**
 * The service.
 */
service: string, 
/**
 * The fixture's id.
 */
fixture: string, 
/**
 * Their places; all where empty.
 */
places: Array<string>, };

/**
 * Proposals as they were seen.
 */
export type AcceptProposals = { 
/**
 * The last recording of the inbox that was seen.
 */
upto: number, 
/**
 * What is accepted; all that is new where nothing is named.
 */
chosen: Array<Chosen>, };

/**
 * What was accepted.
 */
export type AcceptedDifferences = { 
/**
 * The files that were written, relative to the project.
 */
files: Array<string>, 
/**
 * The places that were accepted.
 */
places: Array<string>, 
/**
 * The places that were not.
 */
left: Array<LeftDifference>, };

/**
 * Something that can be done.
 */
export type Action = { 
/**
 * Stable, for programs.
 */
id: string, 
/**
 * What it is called.
 */
label: string, 
/**
 * The key, with `Mod` for Ctrl, or Cmd on macOS; empty where there is none.
 */
key: string, 
/**
 * Where it can be done: `always`, or a screen or thing that has to be there.
 */
when: string, };

/**
 * The actions of the app.
 */
export type Actions = { 
/**
 * In the order in which menus show them.
 */
actions: Array<Action>, };

/**
 * Something that could not be done: what, and what to do about it.
 */
export type ApiError = { 
/**
 * What went wrong.
 */
code: Code, 
/**
 * The same for people, as a sentence without its full stop.
 */
message: string, 
/**
 * What to do.
 */
hint: string | null, 
/**
 * Problems in files that caused it, rendered.
 */
details: Array<string>, };

/**
 * A real server of a service.
 */
export type BackendView = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where it is, as it is written.
 */
url: string, 
/**
 * Whether write methods may be sent there.
 */
writes: boolean, };

/**
 * A body as a form shows it.
 */
export type BodyForm = { 
/**
 * `none`, `json`, `text`, `xml`, `form` (its fields are conditions), or `other`, which is edited in the source.
 */
kind: string, 
/**
 * Of `json`, `text` and `xml`: the content. Of `other`: what it is.
 */
text: string, 
/**
 * How many bytes are sent.
 */
bytes: number, 
/**
 * Every rule for parts of it.
 */
rules: Array<BodyRule>, 
/**
 * Where in the text which rules hold.
 */
notes: Array<Note>, };

/**
 * The body of one side.
 */
export type BodyRequest = { 
/**
 * The exchange.
 */
id: number, 
/**
 * Which side.
 */
side: Side, 
/**
 * Whether to show it however large it is.
 */
whole: boolean, };

/**
 * A rule for what a JSONPath selects.
 */
export type BodyRule = { 
/**
 * As it is written.
 */
path: string, rule: RuleView, };

/**
 * A body, made ready to be read.
 */
export type BodyView = { 
/**
 * How many bytes it has, without its content coding.
 */
bytes: number, 
/**
 * `none`, `json`, `text`, `binary`, `large` (ask for the whole) or `stream` (passed on, not kept).
 */
kind: string, 
/**
 * The text: JSON indented, of bytes a dump of the first lines.
 */
text: string, };

/**
 * What is new.
 */
export type Changed = { 
/**
 * The version to ask from the next time.
 */
version: number, 
/**
 * The project's revision: where it is another one, ask for the project again.
 */
project: number, 
/**
 * The run's revision: where it is another one, ask for the run again.
 */
run: number, 
/**
 * The recordings' revision: where it is another one, ask how recording goes and for the inbox.
 */
recording: number, 
/**
 * New exchanges, the oldest first.
 */
exchanges: Array<ExchangeRow>, 
/**
 * The oldest exchange that is kept: those before it are gone.
 */
first_exchange: number, 
/**
 * How many were answered faster than they could be listed.
 */
dropped: number, 
/**
 * How many are listed, and not kept for the next time: they came too fast for that.
 */
not_kept: number, 
/**
 * Why nothing is kept for the next time, if so.
 */
not_kept_why: string | null, };

/**
 * What a front end knows already.
 */
export type ChangesRequest = { 
/**
 * The last version that it heard of; 0 at first.
 */
version: number, 
/**
 * The last exchange that it knows; 0 at first.
 */
exchange: number, };

/**
 * What is to become a fixture: one proposal, or several that are one promise.
 */
export type Chosen = { 
/**
 * The proposals.
 */
ids: Array<string>, 
/**
 * The fixture's id, below the service's folder; the first proposal's where it is not said.
 */
name: string | null, };

/**
 * What went wrong, for programs. A code exists while someone decides by it.
 */
export type Code = "no-project" | "bad-project" | "unknown-name" | "missing-variable" | "not-trusted" | "port" | "port-taken" | "nothing-to-do" | "conflict" | "disk" | "usage";

/**
 * A fixture's file and another text of it.
 */
export type CompareRequest = { 
/**
 * The service.
 */
service: string, 
/**
 * Relative to the service's folder.
 */
file: string, 
/**
 * The other text.
 */
text: string, };

/**
 * A line of a comparison.
 */
export type ComparedLine = { 
/**
 * `both`, `file`, `mine`, or `gap` where lines that are the same are left out.
 */
side: string, 
/**
 * The line.
 */
text: string, };

/**
 * Where two texts differ.
 */
export type Comparison = { 
/**
 * The lines that differ and those around them, in order.
 */
lines: Array<ComparedLine>, };

/**
 * The text of a fixture's file up to the cursor.
 */
export type CompleteRequest = { 
/**
 * The text.
 */
before: string, };

/**
 * Something that can be written.
 */
export type CompletionView = { 
/**
 * The word.
 */
word: string, 
/**
 * What it is for.
 */
doc: string, 
/**
 * Whether it is a key, and a value follows.
 */
is_key: boolean, };

/**
 * What can be written at the cursor.
 */
export type Completions = { 
/**
 * How many characters before the cursor are the beginning of it.
 */
typed: number, 
/**
 * In the order of the format's reference.
 */
options: Array<CompletionView>, };

/**
 * A named value, and what it has to be.
 */
export type Condition = { part: Part, name: string, rule: RuleView, };

/**
 * What was said on a WebSocket.
 */
export type Conversation = { 
/**
 * By which it is called here: `shop/socket-7`.
 */
id: string, 
/**
 * The service.
 */
service: string, 
/**
 * Where it was asked for: path and query.
 */
target: string, 
/**
 * When, in milliseconds since 1970.
 */
since: number, 
/**
 * How many messages were kept.
 */
count: number, 
/**
 * The first of them.
 */
messages: Array<Spoken>, 
/**
 * The secrets that were replaced.
 */
redactions: Array<RedactionReport>, 
/**
 * Why not all of it was kept, where it was not.
 */
cut: string | null, };

/**
 * How many statuses of operations there are, and how many of them have what.
 */
export type Counts = { 
/**
 * Documented statuses of all operations.
 */
statuses: number, 
/**
 * With a fixture.
 */
fixtures: number, 
/**
 * That a backend was held to, and kept.
 */
verified: number, 
/**
 * That a backend broke the last time.
 */
broken: number, 
/**
 * Whose fixtures, or the backend's answers to them, are not what the description says.
 */
wrong: number, 
/**
 * That were recorded, and wait in the inbox.
 */
recorded: number, };

/**
 * What is counted.
 */
export type CoverageOf = { 
/**
 * Whether only statuses count that say that all went well.
 */
only_success: boolean, };

/**
 * How much of the descriptions is covered.
 */
export type CoverageReport = { 
/**
 * Each service with a description.
 */
services: Array<ServiceCoverage>, 
/**
 * All of them together.
 */
total: Counts, 
/**
 * Why what was recorded, or verified, is not known; that files have errors, whose fixtures are not counted.
 */
unknown: Array<string>, };

/**
 * A fixture that answers a status.
 */
export type CoveringFixture = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its file, relative to the service's folder.
 */
file: string, 
/**
 * What came of it when it was last verified.
 */
verified: Verified | null, 
/**
 * In what it is not what the description says.
 */
problems: Array<string>, };

/**
 * A fixture that was made.
 */
export type Created = { 
/**
 * The service.
 */
service: string, 
/**
 * Relative to the service's folder.
 */
file: string, };

/**
 * What a service's description would answer, where no fixture does.
 */
export type DescribedAnswer = { 
/**
 * The operation: its id, or its method and path.
 */
operation: string, 
/**
 * The status.
 */
status: number, 
/**
 * In what the request is not as it is described.
 */
violations: Array<string>, };

/**
 * A problem in a file.
 */
export type DiagnosticReport = { 
/**
 * `error` or `warning`.
 */
severity: string, 
/**
 * What kind of problem.
 */
code: string, 
/**
 * The file, relative to the project.
 */
file: string, 
/**
 * From 1; `null` where it is about the file as a whole.
 */
line: number | null, 
/**
 * In characters, from 1.
 */
column: number | null, 
/**
 * How many characters it is about.
 */
width: number | null, 
/**
 * What is wrong.
 */
message: string, 
/**
 * What to do about it.
 */
hint: string | null, };

/**
 * One difference.
 */
export type DifferenceReport = { 
/**
 * Where: a JSONPath, a header's name, or `status`.
 */
path: string, 
/**
 * What kind.
 */
kind: string, 
/**
 * What was promised.
 */
expected: string, 
/**
 * What came.
 */
received: string, 
/**
 * What to do about it, if that can be seen in it.
 */
hint: string | null, 
/**
 * The fixture's file, relative to the project; `None` where the difference is not one of a run.
 */
file: string | null, 
/**
 * The line in which the expectation stands in the file, from 1.
 */
line: number | null, };

/**
 * Proposals that are thrown away.
 */
export type DiscardProposals = { 
/**
 * The last recording of the inbox that was seen.
 */
upto: number, 
/**
 * The proposals; all of them where none is named.
 */
ids: Array<string>, };

/**
 * The variables that a backend's entry sends to one host.
 */
export type Disclosure = { 
/**
 * The service.
 */
service: string, 
/**
 * The name of the backend.
 */
backend: string, 
/**
 * The host with its scheme, as it is written: with names of variables, and without their values.
 */
host: string, 
/**
 * The names of the variables, sorted.
 */
variables: Array<string>, 
/**
 * The line of the backend's address in the project's file.
 */
line: number, };

/**
 * An exchange, by its id.
 */
export type ExchangeRequest = { 
/**
 * The id.
 */
id: number, };

/**
 * An exchange in a list.
 */
export type ExchangeRow = { 
/**
 * Goes up by one.
 */
id: number, 
/**
 * When it was answered, in milliseconds since 1970.
 */
time: number, 
/**
 * The service.
 */
service: string, 
/**
 * The method.
 */
method: string, 
/**
 * Path and query.
 */
target: string, 
/**
 * The answer's status.
 */
status: number, 
/**
 * Who answered: `fixture`, `backend`, `nobody`, `server` or `backend-failed`.
 */
answered: string, 
/**
 * The fixture's id, or why nobody answered.
 */
by: string, 
/**
 * How long it took; 0 where nothing was waited for.
 */
micros: number, };

/**
 * One exchange, without its bodies.
 */
export type ExchangeView = { 
/**
 * As it is listed.
 */
row: ExchangeRow, 
/**
 * The request's header fields.
 */
request_headers: Array<HeaderView>, 
/**
 * The answer's header fields.
 */
response_headers: Array<HeaderView>, 
/**
 * What the fixtures as they are now make of the request; `null` where the service is gone.
 */
explanation: ExplanationView | null, };

/**
 * Which fixture answers a request, and why those that are near do not.
 */
export type ExplanationView = { 
/**
 * The fixture that answers.
 */
chosen: NearView | null, 
/**
 * The methods that the path is known with, where only the method is another one.
 */
allowed: Array<string>, 
/**
 * What the service's description answers, where no fixture does.
 */
described: DescribedAnswer | null, 
/**
 * Fixtures that do not answer, the nearest first.
 */
near: Array<NearView>, };

/**
 * The last run, as a report.
 */
export type ExportRun = { 
/**
 * In which form.
 */
format: ReportFormat, };

/**
 * Exchanges to write as an HTTP archive.
 */
export type ExportTraffic = { 
/**
 * Their ids; all that are kept where empty.
 */
exchanges: Array<number>, };

/**
 * A file that was written.
 */
export type Exported = { 
/**
 * Where it is.
 */
file: string, };

/**
 * A fixture that failed for a reason.
 */
export type FailedFixture = { 
/**
 * The service.
 */
service: string, 
/**
 * The fixture's id.
 */
fixture: string, 
/**
 * The paths of the differences of this reason.
 */
places: Array<string>, };

/**
 * An exchange to make a fixture of.
 */
export type FixtureFrom = { 
/**
 * The exchange.
 */
exchange: number, };

/**
 * A fixture's file.
 */
export type FixtureRef = { 
/**
 * The service.
 */
service: string, 
/**
 * Relative to the service's folder.
 */
file: string, };

/**
 * What came of one fixture.
 */
export type FixtureReport = { 
/**
 * The service.
 */
service: string, 
/**
 * The fixture's id.
 */
fixture: string, 
/**
 * Its name, or its method and path.
 */
name: string, 
/**
 * Its file, relative to the project.
 */
file: string, 
/**
 * Who answers for it.
 */
owner: string | null, 
/**
 * Its tags.
 */
tags: Array<string>, 
/**
 * What came of it: `kept`, `broken`, `known`, `skipped`, `held back`, `not verifiable`, `blocked`, `unreachable`.
 */
outcome: string, 
/**
 * Why, for the outcomes that have a reason; of an unexpected error response, its own words. In lines.
 */
reason: string | null, 
/**
 * What was sent: `GET /pets/7`.
 */
request: string | null, 
/**
 * The number of times that the request was sent again because the backend asked for it (`retry-after`).
 */
retried: number, 
/**
 * The status that came back.
 */
status: number | null, 
/**
 * Differences that break the promise.
 */
differences: Array<DifferenceReport>, 
/**
 * Differences that are accepted for now.
 */
known: Array<DifferenceReport>, 
/**
 * Accepted differences that no longer occur, or whose day has passed.
 */
stale: Array<string>, 
/**
 * States (`given`) that the backend was not brought out of again, and why.
 */
left: Array<string>, 
/**
 * What passed without proving anything.
 */
unproven: Array<string>, 
/**
 * What the backend adds.
 */
added: Array<string>, 
/**
 * From sending to the end of the answer, in microseconds.
 */
micros: number, };

/**
 * A fixture's file as it is on the disk.
 */
export type FixtureText = { 
/**
 * The file, relative to the project.
 */
shown: string, 
/**
 * The whole text.
 */
text: string, 
/**
 * Tells this version from others.
 */
version: string, 
/**
 * Problems in it.
 */
problems: Array<DiagnosticReport>, };

/**
 * A fixture in a list.
 */
export type FixtureView = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its file, relative to the service's folder.
 */
file: string, 
/**
 * What it promises; `null` where the file never was a good one.
 */
promise: PromiseView | null, 
/**
 * How many problems its file has. Where there is a promise too, that is the last good version's, which is served.
 */
problems: number, 
/**
 * What came of it in the last run: one of the outcomes' names.
 */
outcome: string | null, };

/**
 * A fixture as a form.
 */
export type Form = { name: string, enabled: boolean, priority: number, tags: Array<string>, method: string, path: string, 
/**
 * What a request has to have, in the order of its parts.
 */
conditions: Array<Condition>, 
/**
 * The request's body.
 */
body: BodyForm, 
/**
 * The states in which alone it matches.
 */
when: Array<StateView>, 
/**
 * What answering sets the state to.
 */
set: Array<StateView>, 
/**
 * How many responses it has.
 */
responses: number, 
/**
 * The response that a backend is compared with, from 0.
 */
verified: number | null, 
/**
 * Which of them is shown, from 0.
 */
at: number, response: ResponseForm, 
/**
 * Why it is not replayed.
 */
skip: string, 
/**
 * Whether a write method only reads.
 */
safe: boolean, 
/**
 * Whether the contract test sends it only where writes are allowed.
 */
writes: boolean, };

/**
 * What is changed. Where a value is empty or `null`, it goes.
 */
export type FormChange = { "what": "name", value: string, } | { "what": "enabled", value: boolean, } | { "what": "priority", value: number, } | { "what": "tags", value: string, } | { "what": "method", value: string, } | { "what": "path", value: string, } | { "what": "field", part: Part, name: string, rule: RuleForm | null, } | { "what": "state", place: StatePlace, name: string, values: Array<string>, } | { "what": "status", value: number, } | { "what": "delay", value: string, } | { "what": "body_kind", of: Side, value: string, } | { "what": "body", of: Side, value: string, } | { "what": "body_rule", of: Side, path: string, rule: RuleForm | null, } | { "what": "skip", value: string, } | { "what": "safe", value: boolean, };

/**
 * A change in a form.
 */
export type FormEdit = { 
/**
 * The service.
 */
service: string, 
/**
 * Relative to the service's folder.
 */
file: string, 
/**
 * The text, saved or not.
 */
text: string, 
/**
 * Which of its responses, from 0.
 */
response: number, 
/**
 * What is changed.
 */
change: FormChange, };

/**
 * A fixture's text, to be shown as a form.
 */
export type FormRequest = { 
/**
 * The service.
 */
service: string, 
/**
 * Relative to the service's folder.
 */
file: string, 
/**
 * The text, saved or not.
 */
text: string, 
/**
 * Which of its responses, from 0.
 */
response: number, 
/**
 * The bodies as they are shown now: where they still say what the file says, they are left as they are typed.
 */
shown: ShownBodies, };

/**
 * What a form shows of a text.
 */
export type FormView = { 
/**
 * The fixture; `null` where the text is none.
 */
form: Form | null, 
/**
 * What is wrong with the text then.
 */
problems: Array<DiagnosticReport>, };

/**
 * A header field.
 */
export type HeaderView = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its value; bytes that are not UTF-8 are shown as U+FFFD.
 */
value: string, };

/**
 * A line of a fixture's file.
 */
export type Hit = { 
/**
 * The service.
 */
service: string, 
/**
 * Relative to the service's folder.
 */
file: string, 
/**
 * From 1.
 */
line: number, 
/**
 * The line, without the space around it.
 */
text: string, };

/**
 * Where it stands.
 */
export type Hits = { 
/**
 * In the order of the tree.
 */
hits: Array<Hit>, 
/**
 * Whether there are more.
 */
more: boolean, };

/**
 * An archive (HAR) to make fixtures of.
 */
export type ImportArchive = { 
/**
 * The service that gets them.
 */
service: string, 
/**
 * What the archive is called.
 */
name: string, 
/**
 * All of it.
 */
text: string, };

/**
 * What becomes of a fixture.
 */
export type ImportNews = "new" | "changed" | "gone" | "kept" | "same";

/**
 * Which fixtures of a description are meant.
 */
export type ImportOfDescription = { 
/**
 * The service.
 */
service: string, 
/**
 * Of these operations, by their names; of all where none is said.
 */
operations: Array<string>, 
/**
 * That answer this status, as the description has it; all where none is said.
 */
status: string | null, 
/**
 * Whether nothing is written.
 */
preview: boolean, };

/**
 * The result of importing archives.
 */
export type Imported = { 
/**
 * The services that the exchanges are of.
 */
services: Array<string>, 
/**
 * The servers of the exchanges.
 */
origins: Array<string>, 
/**
 * The files that were made, relative to the project.
 */
files: Array<string>, 
/**
 * The files that were there and were changed: by what new fixtures need, or by accepted differences.
 */
changed: Array<string>, 
/**
 * The number of exchanges that are the services'.
 */
exchanges: number, 
/**
 * The number of proposals that existing fixtures cover already.
 */
known: number, 
/**
 * The proposals that differ from existing fixtures and were not accepted.
 */
waiting: Array<Waiting>, 
/**
 * The number of exchanges that were put into the inbox.
 */
stored: number, 
/**
 * The entries that were left out.
 */
left: Array<LeftOut>, 
/**
 * The values that `verify` needs for what was written.
 */
vars: Array<VarNeeded>, 
/**
 * The secrets that were replaced.
 */
redactions: Array<RedactionReport>, };

/**
 * What came of importing a description.
 */
export type ImportedDescription = { 
/**
 * The service that got the fixtures.
 */
service: string, 
/**
 * What the description calls itself.
 */
title: string, 
/**
 * Every fixture that the description gives, or gave before.
 */
fixtures: Array<ImportedFixture>, 
/**
 * The operations that no fixture can be made of, and why.
 */
left: Array<[string, string]>, 
/**
 * The lines to write so that the service and the description fit.
 */
hints: Array<string>, };

/**
 * A fixture that a description gives, or gave before.
 */
export type ImportedFixture = { 
/**
 * The fixture's id.
 */
id: string, 
/**
 * Its file, relative to the project.
 */
file: string, 
/**
 * What becomes of it.
 */
news: ImportNews, 
/**
 * The places that are brought up to date: `response.body.json.name`.
 */
changed: Array<string>, 
/**
 * The places where a person's work stays although the description says something new.
 */
kept: Array<string>, 
/**
 * Why it is left alone.
 */
why: string | null, 
/**
 * What changes in the file, line by line, as version control shows it; empty where nothing does.
 */
diff: string, };

/**
 * What is in an inbox.
 */
export type InboxView = { 
/**
 * The fixtures that are proposed, by service, in the order in which they were recorded.
 */
proposals: Array<Proposal>, 
/**
 * What was said on WebSockets.
 */
sockets: Array<Conversation>, 
/**
 * How many exchanges there are.
 */
exchanges: number, 
/**
 * How many of them are not looked at yet: there are too many at once.
 */
later: number, 
/**
 * Exchanges that are not whole, and why: no fixture can be made of them.
 */
cut: Array<string>, 
/**
 * The complete exchanges without a proposal, with the reason.
 */
left_out: Array<string>, 
/**
 * How many were deleted because there was no room for them any more.
 */
evicted: number, 
/**
 * The number of the last exchange that is looked at.
 */
upto: number, };

/**
 * A name whose values are no secrets.
 */
export type KeepName = { 
/**
 * The name of a header field, a parameter, a cookie or a member.
 */
name: string, };

/**
 * A difference that could not be accepted.
 */
export type LeftDifference = { 
/**
 * Its place.
 */
place: string, 
/**
 * Why it was not.
 */
why: string, };

/**
 * An entry of an archive that is left out.
 */
export type LeftOut = { 
/**
 * The method.
 */
method: string, 
/**
 * The URL, without secrets.
 */
url: string, 
/**
 * The reason.
 */
why: string, 
/**
 * The option that includes it.
 */
option: string | null, };

/**
 * A difference whose place is to be held less strictly.
 */
export type LoosenDifference = { 
/**
 * The service.
 */
service: string, 
/**
 * The fixture's id.
 */
fixture: string, 
/**
 * Its place.
 */
place: string, };

/**
 * What was written for it.
 */
export type Loosened = { 
/**
 * The rule, as it stands in the file: `$.note: {nullable: like}`.
 */
rule: string, };

/**
 * A difference that is to be accepted for now.
 */
export type MarkKnown = { 
/**
 * The service.
 */
service: string, 
/**
 * The fixture's id.
 */
fixture: string, 
/**
 * Its place.
 */
place: string, 
/**
 * Its kind.
 */
kind: string, 
/**
 * Why it is accepted.
 */
why: string, 
/**
 * The last day on which it is: `2026-12-31`.
 */
until: string, };

/**
 * One name of a service's state.
 */
export type NamedState = { 
/**
 * The name.
 */
name: string, 
/**
 * What it is set to; `null` where it is not.
 */
value: string | null, 
/**
 * The values that fixtures speak of, and the one that it has.
 */
values: Array<string>, };

/**
 * A fixture beside a request.
 */
export type NearView = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its file, relative to the service's folder.
 */
file: string, 
/**
 * Its method.
 */
method: string, 
/**
 * Its path's template.
 */
path: string, 
/**
 * What does not match.
 */
differences: Array<RequestDifference>, 
/**
 * The mistake in the request's path, if it is one that people often make.
 */
slip: string | null, 
/**
 * Where all matches: why another fixture comes first.
 */
behind: string | null, };

/**
 * A fixture to make.
 */
export type NewFixture = { 
/**
 * The service.
 */
service: string, };

/**
 * How a proposal stands to the fixtures that are there.
 */
export type News = "new" | "changed" | "same";

/**
 * A rule beside a line.
 */
export type Note = { 
/**
 * From 1.
 */
line: number, 
/**
 * The rule in words.
 */
label: string, 
/**
 * Which of the rules.
 */
path: string, };

/**
 * A request or a response with nothing in it.
 */
export type Nothing = Record<symbol, never>;

/**
 * One operation.
 */
export type OperationCoverage = { 
/**
 * Its id, or its method and path.
 */
name: string, 
/**
 * Its method.
 */
method: string, 
/**
 * Its path, as the description has it.
 */
path: string, 
/**
 * The statuses that it documents.
 */
statuses: Array<StatusCoverage>, 
/**
 * Where its answers lead: `201 to getItem, itemId from $response.body#/id`.
 */
links: Array<string>, 
/**
 * What the backend asks on its account: `POST {$request.body#/url}, as itemSold`.
 */
callbacks: Array<string>, };

/**
 * Where a named value of a request or a response stands.
 */
export type Part = "params" | "query" | "headers" | "cookies" | "form" | "answer";

/**
 * The answer to the question if variables may be sent.
 */
export type Permission = "always" | "once" | "no";

/**
 * The ports on which services answer, the shared one included.
 */
export type Ports = { ports: Array<number>, };

/**
 * What is remembered.
 */
export type Preferences = { 
/**
 * How the app looks.
 */
theme: Theme, 
/**
 * Keys that are not the usual ones, by the actions' ids; empty where an action has none.
 */
keys: { [key in string]: string }, };

/**
 * The project as it stands.
 */
export type ProjectView = { 
/**
 * Which state of the project this is.
 */
revision: number, 
/**
 * The folder's name.
 */
name: string, 
/**
 * The folder.
 */
root: string, 
/**
 * In the order of the project's file.
 */
services: Array<ServiceView>, 
/**
 * Every problem, sorted by file and place.
 */
problems: Array<DiagnosticReport>, 
/**
 * Where all services are, by the first label of the host.
 */
shared_url: string | null, 
/**
 * Why there is no such port although there was to be one.
 */
shared_failed: ApiError | null, };

/**
 * What a fixture promises, in a line.
 */
export type PromiseView = { 
/**
 * Its name, where it says one.
 */
name: string | null, 
/**
 * The method, or `ANY`.
 */
method: string, 
/**
 * The path's template.
 */
path: string, 
/**
 * The first response's status.
 */
status: number, 
/**
 * How many responses it has.
 */
responses: number, 
/**
 * Whether it is served and verified.
 */
enabled: boolean, 
/**
 * Whether it asks for more than its method and path.
 */
asks_for_more: boolean, 
/**
 * Whether the contract test sends it only where writes are allowed.
 */
writes: boolean, };

/**
 * A fixture that is proposed.
 */
export type Proposal = { 
/**
 * By which it is called here: `shop/items/get`.
 */
id: string, 
/**
 * The service.
 */
service: string, 
/**
 * What it asks: the method.
 */
method: string, 
/**
 * What it asks: the path's template.
 */
path: string, 
/**
 * What it asks: the query, `?page=2`, or nothing.
 */
query: string, 
/**
 * What the first of its exchanges asked for: `/items/7?page=2`.
 */
target: string, 
/**
 * What it answers, one after the other; where several in a row are the same, once.
 */
statuses: Array<number>, 
/**
 * How it stands to the fixtures that are there.
 */
news: News, 
/**
 * The id of the fixture that answers such a request already.
 */
fixture: string | null, 
/**
 * Its file, relative to the project: accepting what has changed writes it.
 */
file: string | null, 
/**
 * In what the answer differs from that fixture.
 */
differences: Array<DifferenceReport>, 
/**
 * How many exchanges it stands for.
 */
exchanges: number, 
/**
 * How many of them were answered with which status.
 */
answered: Array<[number, number]>, 
/**
 * In what they are not as the service's description says, where it has one.
 */
not_as_described: Array<string>, 
/**
 * When the first of them came, in milliseconds since 1970.
 */
since: number, 
/**
 * The secrets that were replaced.
 */
redactions: Array<RedactionReport>, 
/**
 * What it asks for beside method and path: `id 7`, `query lang`, `header accept`, `body`.
 */
asks: Array<string>, 
/**
 * The names of the state by which its answers differ.
 */
states: Array<string>, 
/**
 * What its answers set the state to: `cart filled`.
 */
sets: Array<string>, 
/**
 * Places of the answer that obey a rule, and the rule.
 */
rules: Array<[string, string]>, 
/**
 * The fixtures that come before it in a run.
 */
after: Array<string>, 
/**
 * Why runs leave it out.
 */
skip: string | null, 
/**
 * The service's own address in the responses; stubs send their own address instead.
 */
own_address: string | null, 
/**
 * The places of that address: `header link`, `body`.
 */
names_itself: Array<string>, };

/**
 * A proposal, or several that are to be one.
 */
export type ProposalRef = { 
/**
 * The last recording of the inbox that was seen.
 */
upto: number, 
/**
 * What is looked at.
 */
chosen: Chosen, };

/**
 * A reason for which fixtures failed: a status, or a difference that is the same in all of them.
 */
export type Reason = { 
/**
 * The reason in words: `status 401`, `userName missing`.
 */
title: string, 
/**
 * The words of the first error response, or the first difference: `token expired`.
 */
detail: string, 
/**
 * The fixtures that failed, each with the differences of this reason.
 */
fixtures: Array<FailedFixture>, };

/**
 * What to record.
 */
export type RecordStart = { 
/**
 * The service, on whose port it is recorded.
 */
service: string, 
/**
 * The backend, by name or address; the service's own where it is not said.
 */
backend: string | null, };

/**
 * A backend that is being recorded.
 */
export type RecordedView = { 
/**
 * Its address.
 */
backend: string, 
/**
 * Since when, in milliseconds since 1970.
 */
since: number, };

/**
 * How recording goes.
 */
export type RecordingView = { 
/**
 * Goes up with everything that happens to recordings.
 */
revision: number, 
/**
 * How many exchanges were stored since recording began.
 */
stored: number, 
/**
 * How many of these may not be on the disk yet.
 */
waiting: number, 
/**
 * How many came faster than they could be stored, or after the disk had failed.
 */
dropped: number, 
/**
 * How many requests the backend did not answer.
 */
failed: number, 
/**
 * The last of these, and why.
 */
failure: string | null, 
/**
 * Why storing ended, where it did.
 */
problem: string | null, 
/**
 * Folders of recordings that were damaged and put aside.
 */
damaged: Array<string>, };

/**
 * A secret that was replaced before anything was stored.
 */
export type RedactionReport = { 
/**
 * The place of the secret: `request body $.password`.
 */
place: string, 
/**
 * The text that stands there instead.
 */
stand_in: string, 
/**
 * The rule that found it.
 */
rule: string, 
/**
 * The name under which it stood, which a project can keep; `None` where it stood in a text.
 */
name: string | null, };

/**
 * A fixture's file, and where it goes.
 */
export type RenameFixture = { 
/**
 * The service.
 */
service: string, 
/**
 * Relative to the service's folder.
 */
file: string, 
/**
 * The same, of the file that it becomes.
 */
to: string, };

/**
 * A form in which a run is told.
 */
export type ReportFormat = "json" | "junit" | "html";

/**
 * One way in which a request is not what a fixture wants.
 */
export type RequestDifference = { 
/**
 * Where: `method`, `path`, `header x-tenant`, `body $.id`.
 */
place: string, 
/**
 * What is wanted.
 */
expected: string, 
/**
 * What the request has.
 */
received: string, };

/**
 * A response as a form.
 */
export type ResponseForm = { 
/**
 * The states in which it answers instead of others.
 */
when: Array<StateView>, 
/**
 * What answering with it sets the state to.
 */
set: Array<StateView>, status: number, 
/**
 * The status's name: `OK`.
 */
reason: string, headers: Array<Condition>, 
/**
 * As it is written: `20ms..80ms`.
 */
delay: string, body: BodyForm, };

/**
 * A rule as a form shows it.
 */
export type RuleForm = { 
/**
 * Which of the kinds.
 */
kind: string, 
/**
 * What it asks for, in the way of its kind.
 */
argument: string, 
/**
 * What the contract test sends and the stub answers.
 */
example: string | null, 
/**
 * Whether the stub answers with a new value each time.
 */
fresh: boolean, };

/**
 * A kind of rule.
 */
export type RuleKind = { 
/**
 * Tells it from others.
 */
id: string, 
/**
 * How it is offered.
 */
label: string, 
/**
 * What its argument looks like; empty where it takes none.
 */
argument: string, 
/**
 * Whether it is for parameters, headers and other text.
 */
for_text: boolean, 
/**
 * Whether it is for values of a body.
 */
for_values: boolean, };

/**
 * The kinds of rule.
 */
export type RuleKinds = { 
/**
 * In the order in which they are offered.
 */
kinds: Array<RuleKind>, };

/**
 * A rule in words.
 */
export type RuleView = { 
/**
 * As a form shows it.
 */
rule: RuleForm, 
/**
 * In words: `one of admin, editor`.
 */
label: string, };

/**
 * A run, and its results from some on.
 */
export type RunPart = { 
/**
 * Which run it is; 0 where there was none.
 */
run: number, 
/**
 * `none`, `running`, `done`, `cancelled` or `failed`.
 */
state: string, 
/**
 * Why it could not be done.
 */
error: ApiError | null, 
/**
 * How many fixtures it is about.
 */
total: number, 
/**
 * How many results come before those that are listed here.
 */
from: number, 
/**
 * In the order in which they came.
 */
results: Array<FixtureReport>, 
/**
 * How many came to what, by the outcomes' names.
 */
summary: { [key in string]: number }, 
/**
 * The backends' addresses, by service.
 */
backends: { [key in string]: string }, 
/**
 * How long it took, or takes so far, in milliseconds.
 */
millis: number, 
/**
 * The line for a shell that does the same.
 */
command: string, 
/**
 * The failures by their reason, the one with the most fixtures first; empty while the run goes on.
 */
reasons: Array<Reason>, 
/**
 * Notes about the run as a whole, each with what to do; empty while it goes on.
 */
notes: Array<string>, };

/**
 * From which result on.
 */
export type RunRequest = { 
/**
 * How many results of this run are known already.
 */
known: number, 
/**
 * The run that they are of.
 */
run: number, };

/**
 * A fixture's file with a new text.
 */
export type SaveFixture = { 
/**
 * The service.
 */
service: string, 
/**
 * Relative to the service's folder.
 */
file: string, 
/**
 * The new text.
 */
text: string, 
/**
 * The version that was edited; `null` to write whatever the file holds by now.
 */
base: string | null, 
/**
 * Whether it was typed, key by key: then it is taken back together with what was typed just before.
 */
typed: boolean, };

/**
 * What was written.
 */
export type SavedFixture = { 
/**
 * The new version.
 */
version: string, 
/**
 * Problems in it. Where some are errors, the last good version is served.
 */
problems: Array<DiagnosticReport>, };

/**
 * What to look for.
 */
export type SearchRequest = { 
/**
 * A part of a line, in any case.
 */
text: string, };

/**
 * How much of a service's description is covered.
 */
export type ServiceCoverage = { 
/**
 * The service.
 */
service: string, 
/**
 * The description's file, relative to the project.
 */
file: string, 
/**
 * What it calls itself.
 */
title: string, 
/**
 * In the order of the description.
 */
operations: Array<OperationCoverage>, 
/**
 * Fixtures that are of no operation, or of no status that it documents.
 */
undescribed: Array<string>, 
/**
 * What the backend asks by itself: `POST, as newItem`.
 */
webhooks: Array<string>, 
/**
 * All its statuses together.
 */
total: Counts, };

/**
 * A service, by name.
 */
export type ServiceRef = { 
/**
 * Its name.
 */
service: string, };

/**
 * A service.
 */
export type ServiceView = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its folder, relative to the project.
 */
dir: string, 
/**
 * Where it answers; `null` where it does not.
 */
url: string | null, 
/**
 * The port that is open.
 */
port: number | null, 
/**
 * Why it does not answer although it was to.
 */
failed: ApiError | null, 
/**
 * What happens to requests.
 */
mode: string, 
/**
 * The backend that is being recorded.
 */
recorded: RecordedView | null, 
/**
 * The variables that would have to be allowed before its requests are forwarded.
 */
withheld: Array<Disclosure>, 
/**
 * A prefix of every path.
 */
base: string, 
/**
 * Who answers for it.
 */
owner: string | null, 
/**
 * What its description calls itself, where it has one that can be read.
 */
description: string | null, 
/**
 * By id, those included whose file is broken.
 */
fixtures: Array<FixtureView>, 
/**
 * The real servers.
 */
backends: Array<BackendView>, 
/**
 * The backend that is meant where none is named.
 */
backend: string | null, };

/**
 * What a name of a service's state is set to.
 */
export type SetState = { 
/**
 * The service.
 */
service: string, 
/**
 * The name.
 */
name: string, 
/**
 * The value; `null` unsets it.
 */
value: string | null, };

/**
 * What came of accepting or discarding.
 */
export type Settled = { 
/**
 * The files that were written, relative to the project.
 */
files: Array<string>, 
/**
 * How many exchanges went from the inbox.
 */
exchanges: number, 
/**
 * What was not accepted, and why.
 */
left: Array<[string, string]>, 
/**
 * What was accepted though nobody chose it, and what needs it.
 */
along: Array<[string, string]>, 
/**
 * What stays in the inbox though it was accepted, and what needs it.
 */
stays: Array<[string, string]>, 
/**
 * The values that `verify` needs for what was written.
 */
vars: Array<VarNeeded>, };

/**
 * Bodies as they are shown in a form.
 */
export type ShownBodies = { request: string | null, response: string | null, };

/**
 * A side of an exchange.
 */
export type Side = "request" | "response";

/**
 * A message as it is shown.
 */
export type Spoken = { 
/**
 * Whether the client said it, and not the backend.
 */
from_client: boolean, 
/**
 * How long after the connection was there.
 */
after_micros: number, 
/**
 * Its text, or the beginning of it; missing where it is none.
 */
text: string | null, 
/**
 * How many bytes it has.
 */
bytes: number, };

/**
 * What to replay.
 */
export type StartRun = { 
/**
 * The backend, by name or address; each service's own where it is not said.
 */
backend: string | null, 
/**
 * Only these fixtures, as `SERVICE/ID`, with what they come after; all where empty.
 */
fixtures: Array<string>, 
/**
 * Whether write methods are sent although the backend's entry does not allow them.
 */
allow_writes: boolean, 
/**
 * Whether answers are also held against the services' descriptions.
 */
openapi: boolean, };

/**
 * Where states stand in a fixture.
 */
export type StatePlace = "when" | "set" | "answer_when" | "answer_set";

/**
 * A name of the state.
 */
export type StateView = { name: string, 
/**
 * Any of these; what is set has one.
 */
values: Array<string>, };

/**
 * The state of a service.
 */
export type States = { 
/**
 * By name; none where the service does not answer.
 */
states: Array<NamedState>, };

/**
 * One status of an operation.
 */
export type StatusCoverage = { 
/**
 * As the description has it: `200`, `4XX`, `default`.
 */
status: string, 
/**
 * The fixtures that answer it.
 */
fixtures: Array<CoveringFixture>, 
/**
 * How many exchanges were recorded that wait in the inbox.
 */
recorded: number, 
/**
 * `missing`, `fixture` (never verified), `verified`, `known` (broken, in a way that is accepted for now) or `broken`.
 */
state: string, };

/**
 * Some text.
 */
export type Text = { 
/**
 * The text.
 */
text: string, };

/**
 * How the app looks.
 */
export type Theme = "system" | "light" | "dark" | "high-contrast";

/**
 * How many exchanges were forgotten.
 */
export type TrafficCleared = { 
/**
 * How many.
 */
exchanges: number, };

/**
 * What came back.
 */
export type Tried = { 
/**
 * The status.
 */
status: number, 
/**
 * Its name: `OK`.
 */
reason: string, 
/**
 * Header fields.
 */
headers: Array<HeaderView>, 
/**
 * The body.
 */
body: BodyView, 
/**
 * From sending to the end of the answer.
 */
micros: number, 
/**
 * Which fixture answered and why.
 */
explanation: ExplanationView | null, };

/**
 * The answer to questions.
 */
export type TrustAnswer = { 
/**
 * The questions as they were shown.
 */
questions: Array<Disclosure>, 
/**
 * The answer to all of them.
 */
permission: Permission, };

/**
 * Requests that are about to be sent.
 */
export type TrustOf = { 
/**
 * The backend, by name or address; the own one of each service if there is none.
 */
backend: string | null, 
/**
 * The services; all of them if the list is empty.
 */
services: Array<string>, };

/**
 * The questions that a person has to answer first.
 */
export type TrustQuestions = { 
/**
 * Empty if nothing has to be allowed.
 */
questions: Array<Disclosure>, };

/**
 * A request to a service.
 */
export type TryRequest = { 
/**
 * The service.
 */
service: string, 
/**
 * The method.
 */
method: string, 
/**
 * Path and query.
 */
target: string, 
/**
 * Header fields.
 */
headers: Array<HeaderView>, 
/**
 * The body.
 */
body: string, };

/**
 * What was taken back or made again.
 */
export type Undone = { 
/**
 * The file; `null` where there was nothing left to do.
 */
file: string | null, };

/**
 * The value at a place of a body.
 */
export type ValueAt = { 
/**
 * Where it is: `$.teams[0].id`; `null` where the text is no JSON.
 */
path: string | null, 
/**
 * The value, shortened.
 */
value: string, 
/**
 * The kinds of rule without argument that it obeys, the narrowest first.
 */
fits: Array<string>, };

/**
 * A place in a body.
 */
export type ValueRequest = { 
/**
 * The body's text.
 */
text: string, 
/**
 * In UTF-16 code units, as browsers count.
 */
offset: number, };

/**
 * A value that `verify` sends and no earlier response gives.
 */
export type VarNeeded = { 
/**
 * The service.
 */
service: string, 
/**
 * The name, as it is written under a backend's `vars`.
 */
name: string, 
/**
 * True if each backend of the service has it.
 */
is_known: boolean, 
/**
 * The files of the fixtures that send it.
 */
files: Array<string>, 
/**
 * The value that the stub refuses, as it was recorded; it takes any other.
 */
refused: string | null, };

/**
 * What came of a fixture the last time that it was held against a backend.
 */
export type Verified = { 
/**
 * When, in milliseconds since 1970.
 */
at: number, 
/**
 * The backend's address.
 */
backend: string, 
/**
 * `kept`, `broken` or `known`.
 */
outcome: string, 
/**
 * Whether the answer was what the description says, when that was asked last.
 */
described: boolean | null, };

/**
 * A proposal that waits in the inbox.
 */
export type Waiting = { 
/**
 * The name of the proposal in the inbox: `shop/items/get`.
 */
id: string, 
/**
 * The request and the status of the response, in a line.
 */
summary: string, 
/**
 * The file that it differs from.
 */
file: string | null, 
/**
 * The differences.
 */
differences: Array<DifferenceReport>, 
/**
 * The reason why the proposal could not be accepted, if that was requested.
 */
why: string | null, };

/** Every command: what it takes and what it gives. */
export type Commands = {
  /** The project as it stands. */
  project: { request: Nothing; response: ProjectView };
  /** The ports on which services answer. */
  ports: { request: Nothing; response: Ports };
  /** Waits until something changed, for some seconds at most; says what. */
  changes: { request: ChangesRequest; response: Changed };
  /** Opens a service's port. */
  service_start: { request: ServiceRef; response: Nothing };
  /** Closes a service's port. */
  service_stop: { request: ServiceRef; response: Nothing };
  /** What a service's state says, and could say. */
  states: { request: ServiceRef; response: States };
  /** Sets a name of a service's state. */
  state_set: { request: SetState; response: Nothing };
  /** Sets a service's state to what it was when the service was started. */
  state_reset: { request: ServiceRef; response: Nothing };
  /** A fixture's file. */
  fixture: { request: FixtureRef; response: FixtureText };
  /** Writes a fixture's file, unless it is another one by now. */
  fixture_save: { request: SaveFixture; response: SavedFixture };
  /** Where a fixture's file and another text of it differ. */
  compare: { request: CompareRequest; response: Comparison };
  /** Moves a fixture's file. */
  fixture_rename: { request: RenameFixture; response: Created };
  /** Makes fixtures of an archive (HAR) of a browser's traffic, without credentials. */
  import: { request: ImportArchive; response: Imported };
  /** Makes fixtures of a service's description, or shows what would be made. */
  import_description: { request: ImportOfDescription; response: ImportedDescription };
  /** The operations and statuses of descriptions: which have a fixture, and which a backend was held to. */
  coverage: { request: CoverageOf; response: CoverageReport };
  /** What can be written next in a fixture's file. */
  complete: { request: CompleteRequest; response: Completions };
  /** A fixture's text as a form. */
  form: { request: FormRequest; response: FormView };
  /** The text with one thing changed in its form; nothing is written. */
  form_edit: { request: FormEdit; response: Text };
  /** The value at a place of a body, and which rules it obeys. */
  form_value: { request: ValueRequest; response: ValueAt };
  /** The kinds of rule that a form offers. */
  rule_kinds: { request: Nothing; response: RuleKinds };
  /** Makes a fixture to start from. */
  fixture_new: { request: NewFixture; response: Created };
  /** Makes a fixture that answers a request that came in. */
  fixture_from: { request: FixtureFrom; response: Created };
  /** Copies a fixture. */
  fixture_duplicate: { request: FixtureRef; response: Created };
  /** Deletes a fixture's file. */
  fixture_delete: { request: FixtureRef; response: Nothing };
  /** Words in fixtures' files. */
  search: { request: SearchRequest; response: Hits };
  /** Takes back the last change that was made to a file here. */
  undo: { request: Nothing; response: Undone };
  /** Makes again what was taken back. */
  redo: { request: Nothing; response: Undone };
  /** The request that shows what a fixture is about. */
  try_example: { request: FixtureRef; response: TryRequest };
  /** Sends a request to a service, and says which fixture answered and why. */
  try_request: { request: TryRequest; response: Tried };
  /** One exchange, without its bodies. */
  exchange: { request: ExchangeRequest; response: ExchangeView };
  /** The body of one side of an exchange. */
  exchange_body: { request: BodyRequest; response: BodyView };
  /** An exchange's request as a line for a shell. */
  exchange_curl: { request: ExchangeRequest; response: Text };
  /** Forgets the traffic. */
  traffic_clear: { request: Nothing; response: TrafficCleared };
  /** Writes traffic as an HTTP archive (HAR), without credentials. */
  export_traffic: { request: ExportTraffic; response: Exported };
  /** Writes the last run as a report. */
  export_run: { request: ExportRun; response: Exported };
  /** Records a service's backend, on the service's port. */
  record_start: { request: RecordStart; response: Nothing };
  /** Lets a service's fixtures answer again. */
  record_stop: { request: ServiceRef; response: Nothing };
  /** How recording goes. */
  recording: { request: Nothing; response: RecordingView };
  /** What was recorded and waits to become fixtures. */
  inbox: { request: Nothing; response: InboxView };
  /** The text of the file that a proposal would become, or several together. */
  proposal_text: { request: ProposalRef; response: Text };
  /** What is in the inbox, as an HTTP archive (HAR). */
  inbox_har: { request: Nothing; response: Text };
  /** Writes what is in the inbox as an HTTP archive (HAR). */
  export_inbox: { request: Nothing; response: Exported };
  /** Says which fixtures would be made of proposals, and what would be taken along. */
  inbox_plan: { request: AcceptProposals; response: Settled };
  /** Makes fixtures of proposals. */
  inbox_accept: { request: AcceptProposals; response: Settled };
  /** Throws proposals away. */
  inbox_discard: { request: DiscardProposals; response: Settled };
  /** Writes into the project that values under a name are no secrets. */
  keep_name: { request: KeepName; response: Nothing };
  /** Replays fixtures against a backend. */
  run_start: { request: StartRun; response: Nothing };
  /** Ends a run; what was judged stands. */
  run_cancel: { request: Nothing; response: Nothing };
  /** The last run, from its nth result on. */
  run: { request: RunRequest; response: RunPart };
  /** Writes differences of the last run into the fixture: the backend is right. */
  accept: { request: AcceptDifferences; response: AcceptedDifferences };
  /** Holds the place of a difference of the last run less strictly, by a rule. */
  loosen: { request: LoosenDifference; response: Loosened };
  /** Marks a difference of the last run as accepted for now. */
  mark_known: { request: MarkKnown; response: Nothing };
  /** Permissions that a person has to give before requests are sent to backends. */
  trust_questions: { request: TrustOf; response: TrustQuestions };
  /** Allows that backends get variables of the environment, or refuses it. */
  trust_answer: { request: TrustAnswer; response: Nothing };
  /** What can be done, with its keys. */
  actions: { request: Nothing; response: Actions };
  /** What is remembered of this person, on this machine. */
  preferences: { request: Nothing; response: Preferences };
  /** Remembers something else. */
  preferences_set: { request: Preferences; response: Nothing };
};
