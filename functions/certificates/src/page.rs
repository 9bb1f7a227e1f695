//! A part of a list.

use model::form::{Form, Read, rule};
use model::project::Asked;

/// How many the clients get who do not say.
const USUAL: usize = 20;
/// The most at once.
const MOST: u64 = 100;

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    offset: usize,
    limit: usize,
    /// In lower case.
    search: Option<String>,
}

impl Read for Page {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let offset = form.optional("offset", rule::numeral(0, u64::from(u32::MAX)));
        let limit = form.optional("limit", rule::numeral(1, MOST));
        let search = form.optional("search", rule::trimmed(0, 255));
        let number = |given: Option<u64>, usual| given.map_or(usual, |n| usize::try_from(n).unwrap_or(usual));
        Some(Self {
            offset: number(offset?, 0),
            limit: number(limit?, USUAL),
            search: search?.map(|text| text.to_lowercase()).filter(|text| !text.is_empty()),
        })
    }
}

impl Page {
    /// The part, and how many there are in all whose name has the text that is searched for.
    pub(crate) fn cut<T>(&self, all: Vec<T>, name: impl Fn(&T) -> &str) -> (Vec<T>, usize) {
        let wanted = |thing: &T| {
            self.search.as_ref().is_none_or(|search| name(thing).to_lowercase().contains(search.as_str()))
        };
        let found: Vec<T> = all.into_iter().filter(wanted).collect();
        let total = found.len();
        (found.into_iter().skip(self.offset).take(self.limit).collect(), total)
    }
}

/// A part of a project's list.
pub(crate) struct Listed {
    pub(crate) project: Asked,
    pub(crate) page: Page,
}

impl Read for Listed {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let (project, page) = (Asked::read(form), Page::read(form));
        Some(Self { project: project?, page: page? })
    }
}
