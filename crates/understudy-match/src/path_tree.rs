//! Path templates as a tree of segments: what is found costs as much as the path is long, however many there are.

use rustc_hash::FxBuildHasher;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::HashMap;
use understudy_fixture::model::Segment;

/// Path templates, each with a number that says whose it is.
#[derive(Debug, Default)]
pub struct PathTree {
    root: Node,
}

impl PathTree {
    /// Adds a template. Several may be the same.
    pub fn insert(&mut self, template: &[Segment], place: usize) {
        self.root.insert(template, place);
    }

    /// The numbers of the templates that a path is one of, the least first. Segments are percent-decoded.
    #[must_use]
    pub fn find(&self, segments: &[Cow<'_, str>]) -> Cow<'_, [usize]> {
        let mut leaves = Leaves::None;
        self.root.collect(segments, &mut leaves);
        match leaves {
            Leaves::None => Cow::Borrowed(&[]),
            Leaves::One(leaf) => Cow::Borrowed(leaf),
            Leaves::Several(mut places) => {
                places.sort_unstable();
                Cow::Owned(places)
            }
        }
    }
}

/// A place in the tree. Most are leaves with one template, and small for that.
#[derive(Debug, Default)]
struct Node {
    here: Here,
    below: Option<Box<Below>>,
}

/// Where a path may go on from a node.
#[derive(Debug, Default)]
struct Below {
    /// The keys are the project's own, so that nobody outside can make them collide. Keys of up to 23 bytes stand in the
    /// table itself, which saves a cache miss.
    literals: HashMap<SmolStr, Node, FxBuildHasher>,
    mixed: Vec<(Segment, Node)>,
    parameter: Node,
    rest: Node,
}

/// The templates that end at a node.
#[derive(Debug, Default)]
enum Here {
    #[default]
    None,
    One(usize),
    Several(Vec<usize>),
}

impl Here {
    fn push(&mut self, place: usize) {
        match self {
            Self::None => *self = Self::One(place),
            Self::One(first) => *self = Self::Several(vec![*first, place]),
            Self::Several(places) => places.push(place),
        }
    }

    fn as_slice(&self) -> &[usize] {
        match self {
            Self::None => &[],
            Self::One(place) => std::slice::from_ref(place),
            Self::Several(places) => places,
        }
    }
}

/// The leaves that a path leads to: nearly always one, which is in order already.
enum Leaves<'n> {
    None,
    One(&'n [usize]),
    Several(Vec<usize>),
}

impl<'n> Leaves<'n> {
    fn add(&mut self, leaf: &'n [usize]) {
        match self {
            _ if leaf.is_empty() => {}
            Self::None => *self = Self::One(leaf),
            Self::One(first) => *self = Self::Several([first, leaf].concat()),
            Self::Several(places) => places.extend_from_slice(leaf),
        }
    }
}

impl Node {
    fn insert(&mut self, segments: &[Segment], place: usize) {
        let Some((first, rest)) = segments.split_first() else {
            self.here.push(place);
            return;
        };
        let below = self.below.get_or_insert_default();
        let next = match first {
            Segment::Literal(text) => below.literals.entry(text.as_str().into()).or_default(),
            Segment::Parameter(_) => &mut below.parameter,
            Segment::Rest(_) => &mut below.rest,
            Segment::Mixed(_) => {
                let at = below.mixed.iter().position(|(known, _)| known == first).unwrap_or_else(|| {
                    below.mixed.push((first.clone(), Self::default()));
                    below.mixed.len() - 1
                });
                &mut below.mixed[at].1
            }
        };
        next.insert(rest, place);
    }

    fn collect<'n>(&'n self, segments: &[Cow<'_, str>], out: &mut Leaves<'n>) {
        let Some((first, rest)) = segments.split_first() else {
            out.add(self.here.as_slice());
            return;
        };
        let Some(below) = &self.below else { return };
        if let Some(next) = below.literals.get(&**first) {
            next.collect(rest, out);
        }
        for (segment, next) in &below.mixed {
            if segment.bind(first).is_some() {
                next.collect(rest, out);
            }
        }
        if !first.is_empty() {
            below.parameter.collect(rest, out);
        }
        if !below.rest.is_empty() {
            for taken in 1..=segments.len() {
                below.rest.collect(&segments[taken..], out);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.below.is_none() && matches!(self.here, Here::None)
    }
}
