//! The distance of a request's path from a fixture's, and the slip that explains it.
//!
//! The two are aligned segment by segment, as texts are by their letters. So a prefix too many, a forgotten base or a
//! doubled slash costs what it adds, and not every segment after it.

use crate::text::{Likeness, at_a_glance, letter_by_letter, likeness};
use rustc_hash::FxBuildHasher;
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;
use std::collections::HashMap;
use understudy_exchange::target::percent_decode;
use understudy_fixture::model::{PathTemplate, Segment};

/// Longer paths are near to nothing: the cost is the product of both lengths.
const SEGMENTS_MAX: usize = 32;

/// The number of mistakes that are explained.
const SLIPS_MAX: usize = 2;

/// The costs of an alignment, by what differs in a segment.
mod cost {
    pub(super) const SLASH: u16 = 1;
    /// Another case, or an extension such as `.json`.
    pub(super) const CASE: u16 = 1;
    pub(super) const MISSPELT: u16 = 2;
    /// A segment that only one of the two paths has.
    pub(super) const SEGMENT: u16 = 3;
    pub(super) const OTHER: u16 = 4;
    /// A misreading of the whole path: a URL, a query, an encoding.
    pub(super) const READING: u16 = 1;
}

/// A request's path as its sender probably meant it.
#[derive(Debug)]
pub(crate) struct Meant<'r> {
    segments: Vec<Cow<'r, str>>,
    /// The slips that were corrected in the path.
    slips: Vec<Slip>,
}

/// A mistake that people make in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Slip {
    WholeUrl,
    QueryInPath,
    EncodedTwice,
    EncodedSlash,
    SessionId,
    NoBase(String),
    BaseTwice(String),
    BaseInFixture(String),
    TooMany { count: usize, place: &'static str },
    Missing { path: String, place: &'static str },
    SlashTooMany { place: &'static str },
    NoSlash,
    Case(String),
    Extension(String),
    Misspelt(String),
    Other(String),
}

impl std::fmt::Display for Slip {
    /// Nothing of the request is quoted: the request may hold a secret, and logs keep these words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::WholeUrl => f.write_str("a whole URL is sent as the path"),
            Self::QueryInPath => f.write_str("`?` is sent as %3F, which makes the query a part of the path"),
            Self::EncodedTwice => f.write_str("the path is percent-encoded twice"),
            Self::EncodedSlash => f.write_str("`/` is sent as %2F, which does not separate segments"),
            Self::SessionId => f.write_str("a session id is a part of the path, behind `;`"),
            Self::NoBase(base) => write!(f, "the request's path does not begin with the service's `base`, {base}"),
            Self::BaseTwice(base) => write!(f, "the service's `base`, {base}, is there twice"),
            Self::BaseInFixture(base) => {
                write!(f, "the fixture's path repeats the service's `base`: remove {base} from the fixture")
            }
            Self::TooMany { count: 1, place } => write!(f, "one segment too many {place}"),
            Self::TooMany { count, place } => write!(f, "{count} segments too many {place}"),
            Self::Missing { path, place } => write!(f, "{path} is missing {place}"),
            Self::SlashTooMany { place } => write!(f, "a slash too many {place}"),
            Self::NoSlash => f.write_str("the slash at the end is missing"),
            Self::Case(text) => write!(f, "{text} is sent in another case"),
            Self::Extension(text) if text.contains('.') => write!(f, "{text} is sent without its extension"),
            Self::Extension(text) => write!(f, "{text} is sent with an extension"),
            Self::Misspelt(text) => write!(f, "{text} may be misspelt"),
            Self::Other(text) => write!(f, "another segment than {text}"),
        }
    }
}

const IN_FRONT: &str = "in front";
const WITHIN: &str = "within the path";
const AT_THE_END: &str = "at the end";

impl<'r> Meant<'r> {
    /// Reads a path with its segments percent-decoded.
    pub(crate) fn new(segments: &[Cow<'r, str>]) -> Self {
        let mut meant = Self { segments: segments.to_vec(), slips: Vec::new() };
        if meant.segments.iter().any(|segment| percent_decode(segment) != *segment) {
            meant.slips.push(Slip::EncodedTwice);
            meant.segments = meant.segments.iter().map(|text| percent_decode(text).into_owned().into()).collect();
        }
        let without_query = meant.segments.iter().position(|segment| segment.contains('?'));
        if let Some(at) = without_query {
            meant.slips.push(Slip::QueryInPath);
            meant.segments.truncate(at + 1);
            let path = meant.segments[at].split('?').next().unwrap_or_default().to_owned();
            meant.segments[at] = path.into();
        }
        for segment in &mut meant.segments {
            if let Some(path) = without_session_id(segment) {
                *segment = path.to_owned().into();
                meant.slips.push(Slip::SessionId);
            }
        }
        let is_url = |first: &str| first.ends_with(':') || first.contains("://");
        let is_whole_url = meant.segments.first().is_some_and(|first| is_url(first));
        if meant.segments.iter().any(|segment| segment.contains('/')) {
            if !is_whole_url {
                meant.slips.push(Slip::EncodedSlash);
            }
            let split = meant.segments.iter().flat_map(|segment| segment.split('/'));
            meant.segments = split.map(|segment| segment.to_owned().into()).collect();
        }
        if is_whole_url {
            meant.slips.push(Slip::WholeUrl);
            // `http:`, the empty segment of `//` unless a proxy merged the slashes, and the host.
            let host = meant.segments.iter().skip(1).position(|segment| !segment.is_empty()).map_or(1, |at| at + 2);
            meant.segments.drain(..host.min(meant.segments.len()));
        }
        meant
    }

    /// Explains in words why the path is not that of a fixture below a base.
    pub(crate) fn slips(&self, base: &[String], template: &[Segment]) -> Option<String> {
        let mut slips = self.slips.clone();
        add_slips(base, template, &self.segments, &mut slips);
        if let [Slip::Other(_)] = slips.as_slice() {
            // The two paths say so themselves.
            return None;
        }
        let words: Vec<String> = slips.iter().map(ToString::to_string).collect();
        // A path with three mistakes or more is another path.
        (1..=SLIPS_MAX).contains(&words.len()).then(|| words.join("; "))
    }
}

/// Returns the segment in front of `;jsessionid=...`, which servlets write into links for clients without cookies.
fn without_session_id(segment: &str) -> Option<&str> {
    let (path, parameters) = segment.split_once(';')?;
    let name = parameters.split('=').next()?.to_ascii_lowercase();
    (name.contains("sess") || name == "sid").then_some(path)
}

/// The distances of one path from many fixtures' paths.
pub(crate) struct Distances<'m, 'i> {
    meant: &'m Meant<'m>,
    base: &'i [String],
    costs: Costs<'i>,
}

impl<'m, 'i> Distances<'m, 'i> {
    pub(crate) fn new(meant: &'m Meant<'m>, base: &'i [String]) -> Self {
        Self { meant, base, costs: Costs::default() }
    }

    /// Returns the distance from a fixture's path; `None` if the two have nothing in common.
    pub(crate) fn to(&mut self, template: &'i [Segment]) -> Option<usize> {
        let alignment = Alignment::new(self.base, template, &self.meant.segments, &mut self.costs)?;
        let readings = usize::from(cost::READING) * self.meant.slips.len();
        alignment.is_near().then(|| usize::from(alignment.cost()) + readings).filter(|cost| *cost > 0)
    }
}

/// The costs of the pairs of a text and a segment of one path. Fixtures share most of their texts, and comparing two
/// letter by letter is what takes long: that is done once.
#[derive(Default)]
struct Costs<'i>(HashMap<(&'i str, usize), Likeness, FxBuildHasher>);

impl<'i> Costs<'i> {
    /// Returns the cost of a text where a path has the segment at this place.
    fn of(&mut self, text: &'i str, received: &[Cow<'_, str>], at: usize) -> u16 {
        let likeness = at_a_glance(text, &received[at])
            .unwrap_or_else(|| *self.0.entry((text, at)).or_insert_with(|| letter_by_letter(text, &received[at])));
        match likeness {
            Likeness::Same => 0,
            Likeness::OtherCase | Likeness::OtherExtension => cost::CASE,
            Likeness::Misspelt => cost::MISSPELT,
            Likeness::Other => cost::OTHER,
        }
    }

    /// Returns true if a text of a fixture's path is like one of the request's, or if the fixture's path has none. Most
    /// paths of a large service are unlike the request's, and are aligned no further.
    fn are_alike(&mut self, template: &'i [Segment], received: &[Cow<'_, str>]) -> bool {
        let mut texts = template.iter().filter_map(|segment| Expected::Own(segment).own_text()).peekable();
        texts.peek().is_none()
            || texts.any(|text| (0..received.len()).any(|at| self.of(text, received, at) <= cost::MISSPELT))
    }
}

/// Adds the slips in a path, those that concern the base first.
fn add_slips(base: &[String], template: &[Segment], received: &[Cow<'_, str>], slips: &mut Vec<Slip>) {
    let shown = || base.iter().map(|segment| format!("/{segment}")).collect::<String>();
    let own_base = |(base, own): (&String, &Segment)| matches!(own, Segment::Literal(text) if text == base);
    let repeats_base = template.len() >= base.len() && base.iter().zip(template).all(own_base);
    let (base, received) = match below(base, received) {
        _ if base.is_empty() => (base, received),
        Some(rest) if below(base, rest).is_some() && !repeats_base => {
            slips.push(Slip::BaseTwice(shown()));
            (base, rest)
        }
        Some(rest) if below(base, rest).is_none() && repeats_base => {
            slips.push(Slip::BaseInFixture(shown()));
            (&[][..], received)
        }
        Some(_) => (base, received),
        None if Alignment::new(base, template, received, &mut Costs::default())
            .is_some_and(|alignment| alignment.lacks_base()) =>
        {
            slips.push(Slip::NoBase(shown()));
            (&[][..], received)
        }
        None => (base, received),
    };
    if let Some(alignment) = Alignment::new(base, template, received, &mut Costs::default()) {
        alignment.slips(slips);
    }
}

/// Returns the segments of a path below a base; `None` if the path does not begin with the base.
fn below<'s, 'r>(base: &[String], segments: &'s [Cow<'r, str>]) -> Option<&'s [Cow<'r, str>]> {
    let (start, rest) = segments.split_at_checked(base.len())?;
    start.iter().zip(base).all(|(a, b)| a == b).then_some(rest)
}

/// A segment of the full path that a fixture matches.
#[derive(Clone, Copy)]
enum Expected<'f> {
    Base(&'f str),
    Own(&'f Segment),
}

impl<'f> Expected<'f> {
    fn is_empty(self) -> bool {
        match self {
            Self::Base(text) => text.is_empty(),
            Self::Own(Segment::Literal(text)) => text.is_empty(),
            Self::Own(_) => false,
        }
    }

    fn text(self) -> Option<&'f str> {
        match self {
            Self::Base(text) => Some(text),
            Self::Own(Segment::Literal(text)) => Some(text),
            Self::Own(_) => None,
        }
    }

    /// Returns the text of a fixture's own segment, if it is one.
    fn own_text(self) -> Option<&'f str> {
        match self {
            Self::Own(Segment::Literal(text)) => Some(text.as_str()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// Returns the cost of a pair with the segment of a path at a place.
    fn compare(self, received: &[Cow<'_, str>], at: usize, costs: &mut Costs<'f>) -> u16 {
        let fits = match self {
            Self::Base(text) => return costs.of(text, received, at),
            Self::Own(Segment::Literal(text)) => return costs.of(text, received, at),
            Self::Own(Segment::Rest(_)) => !received[at].is_empty(),
            Self::Own(segment) => segment.bind(&received[at]).is_some(),
        };
        if fits { 0 } else { cost::OTHER }
    }

    fn missing(self) -> u16 {
        if self.is_empty() { cost::SLASH } else { cost::SEGMENT }
    }
}

impl std::fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Base(text) => write!(f, "/{text}"),
            Self::Own(segment) => PathTemplate { segments: vec![(*segment).clone()] }.fmt(f),
        }
    }
}

fn too_many(received: &str) -> u16 {
    if received.is_empty() { cost::SLASH } else { cost::SEGMENT }
}

/// The number of segments that most paths have at most: theirs are aligned on the stack.
const SEGMENTS_USUAL: usize = 7;

/// A cost for each pair of segments, or of places between them.
type Table = SmallVec<[u16; (SEGMENTS_USUAL + 1) * (SEGMENTS_USUAL + 1)]>;

/// The cheapest way from a fixture's path to a request's (Wagner and Fischer, 1974).
struct Alignment<'a, 'm> {
    expected: SmallVec<[Expected<'a>; SEGMENTS_USUAL]>,
    received: &'m [Cow<'m, str>],
    /// The cost of each pair of segments, row by row.
    pairs: Table,
    /// The cost of each pair of beginnings, row by row.
    costs: Table,
}

/// One step of an alignment, with places in both paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Pair(usize, usize),
    /// One more segment of a `{*rest}`.
    More,
    TooMany(usize),
    Missing(usize),
}

impl<'a, 'm> Alignment<'a, 'm> {
    /// `None` if no text of the fixture's own path is like one of the request's, or if a path is too long.
    fn new(
        base: &'a [String],
        template: &'a [Segment],
        received: &'m [Cow<'m, str>],
        costs: &mut Costs<'a>,
    ) -> Option<Self> {
        if base.len() + template.len() > SEGMENTS_MAX
            || received.len() > SEGMENTS_MAX
            || !costs.are_alike(template, received)
        {
            return None;
        }
        let own = template.iter().map(Expected::Own);
        let expected: SmallVec<[Expected<'a>; SEGMENTS_USUAL]> =
            base.iter().map(|text| Expected::Base(text)).chain(own).collect();
        let mut pairs = Table::new();
        for segment in &expected {
            pairs.extend((0..received.len()).map(|at| segment.compare(received, at, costs)));
        }
        let mut alignment = Self { expected, received, pairs, costs: Table::new() };
        alignment.fill();
        Some(alignment)
    }

    fn fill(&mut self) {
        let width = self.received.len() + 1;
        let mut costs: Table = smallvec![0; (self.expected.len() + 1) * width];
        for at in 1..width {
            costs[at] = costs[at - 1] + too_many(&self.received[at - 1]);
        }
        for row in 1..=self.expected.len() {
            costs[row * width] = costs[(row - 1) * width] + self.expected[row - 1].missing();
            for column in 1..width {
                let [pair, more, extra, missing] = self.ways(&costs, row, column);
                costs[row * width + column] = pair.min(more).min(extra).min(missing);
            }
        }
        self.costs = costs;
    }

    /// The costs of the ways to a pair of beginnings: a pair of segments, one more segment of a `{*rest}`, a segment too
    /// many, a missing one.
    fn ways(&self, costs: &[u16], row: usize, column: usize) -> [u16; 4] {
        let width = self.received.len() + 1;
        let at = |row: usize, column: usize| costs[row * width + column];
        let pair = self.pair(row - 1, column - 1);
        let is_rest = matches!(self.expected[row - 1], Expected::Own(Segment::Rest(_)));
        [
            at(row - 1, column - 1) + pair,
            if is_rest { at(row, column - 1) } else { u16::MAX },
            at(row, column - 1) + too_many(&self.received[column - 1]),
            at(row - 1, column) + self.expected[row - 1].missing(),
        ]
    }

    fn cost(&self) -> u16 {
        *self.costs.last().expect("there is a cost for two empty paths")
    }

    /// Returns true if the paths share a text. A parameter fits anything, which alone makes no path near.
    fn is_near(&self) -> bool {
        if !self.expected.iter().any(|segment| segment.own_text().is_some()) {
            // One segment more than `/`, or than `/` below a base, is any path.
            let is_root =
                self.expected.iter().all(|segment| matches!(segment, Expected::Base(_)) || segment.is_empty());
            let is_other = |step: &Step| matches!(step, Step::TooMany(at) if !self.received[*at].is_empty());
            return self.cost() <= cost::SEGMENT && !(is_root && self.steps().iter().any(is_other));
        }
        let is_alike = |step: &Step| match step {
            Step::Pair(row, column) => {
                self.expected[*row].own_text().is_some() && self.pair(*row, *column) <= cost::MISSPELT
            }
            _ => false,
        };
        usize::from(self.cost()) < usize::from(cost::OTHER) * self.expected.len().max(self.received.len())
            && self.steps().iter().any(is_alike)
    }

    fn pair(&self, row: usize, column: usize) -> u16 {
        self.pairs[row * self.received.len() + column]
    }

    /// The steps of the cheapest way, from the left.
    fn steps(&self) -> SmallVec<[Step; 2 * SEGMENTS_USUAL]> {
        let (mut row, mut column) = (self.expected.len(), self.received.len());
        let mut steps = SmallVec::new();
        while row > 0 || column > 0 {
            let step = if row == 0 {
                Step::TooMany(column - 1)
            } else if column == 0 {
                Step::Missing(row - 1)
            } else {
                self.last_step(row, column)
            };
            match step {
                Step::Pair(..) => (row, column) = (row - 1, column - 1),
                Step::More | Step::TooMany(_) => column -= 1,
                Step::Missing(_) => row -= 1,
            }
            steps.push(step);
        }
        steps.reverse();
        steps
    }

    /// Returns true if the request has no segment of the base, and not another one for each of its segments.
    fn lacks_base(&self) -> bool {
        let is_base = |row: usize| matches!(self.expected[row], Expected::Base(_));
        let has_less = self.steps().iter().any(|step| matches!(step, Step::Missing(row) if is_base(*row)));
        let is_of_base = |step: &Step| match step {
            Step::Pair(row, column) => is_base(*row) && (!has_less || self.pair(*row, *column) <= cost::MISSPELT),
            _ => false,
        };
        !self.steps().iter().any(is_of_base)
    }

    /// The last step of the cheapest way to a pair of beginnings. Of equal ones a pair with a parameter comes last: a
    /// parameter fits anything.
    fn last_step(&self, row: usize, column: usize) -> Step {
        let here = self.costs[row * (self.received.len() + 1) + column];
        let [pair, more, too_many, missing] = self.ways(&self.costs, row, column).map(|cost| cost == here);
        match self.expected[row - 1] {
            Expected::Base(_) | Expected::Own(Segment::Literal(_)) if pair => Step::Pair(row - 1, column - 1),
            Expected::Own(Segment::Rest(_)) if missing => Step::Missing(row - 1),
            Expected::Own(Segment::Rest(_)) if pair => Step::Pair(row - 1, column - 1),
            _ if more => Step::More,
            _ if too_many => Step::TooMany(column - 1),
            _ if missing => Step::Missing(row - 1),
            _ => Step::Pair(row - 1, column - 1),
        }
    }

    fn slips(&self, slips: &mut Vec<Slip>) {
        let steps = self.steps();
        let mut at = 0;
        while at < steps.len() {
            let is_same = |step: &&Step| std::mem::discriminant(*step) == std::mem::discriminant(&steps[at]);
            let run = steps[at..].iter().take_while(is_same).count();
            let place = match (at, at + run) {
                (0, _) => IN_FRONT,
                (_, end) if end == steps.len() => AT_THE_END,
                _ => WITHIN,
            };
            match steps[at] {
                Step::Pair(..) => steps[at..at + run].iter().for_each(|step| self.slip_of_pair(*step, slips)),
                Step::More => {}
                Step::TooMany(column) => self.too_many(&self.received[column..column + run], place, slips),
                Step::Missing(row) => self.missing(&self.expected[row..row + run], place, slips),
            }
            at += run;
        }
    }

    fn slip_of_pair(&self, step: Step, slips: &mut Vec<Slip>) {
        let Step::Pair(row, column) = step else { return };
        let expected = self.expected[row];
        match self.pair(row, column) {
            // A case or an extension.
            cost::CASE => {
                let is_extension = expected
                    .text()
                    .is_some_and(|text| likeness(text, &self.received[column]) == Likeness::OtherExtension);
                let slip = if is_extension { Slip::Extension } else { Slip::Case };
                slips.push(slip(expected.to_string()));
            }
            cost::MISSPELT => slips.push(Slip::Misspelt(expected.to_string())),
            cost::OTHER => slips.push(Slip::Other(expected.to_string())),
            _ => {}
        }
    }

    fn too_many(&self, received: &[Cow<'_, str>], place: &'static str, slips: &mut Vec<Slip>) {
        let count = received.iter().filter(|segment| !segment.is_empty()).count();
        slips.push(if count == 0 { Slip::SlashTooMany { place } } else { Slip::TooMany { count, place } });
    }

    fn missing(&self, expected: &[Expected<'_>], place: &'static str, slips: &mut Vec<Slip>) {
        if expected.iter().all(|segment| segment.is_empty()) {
            slips.push(Slip::NoSlash);
        } else {
            let path = expected.iter().map(ToString::to_string).collect();
            slips.push(Slip::Missing { path, place });
        }
    }
}
