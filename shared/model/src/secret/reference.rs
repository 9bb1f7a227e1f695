//! References in values: `${KEY}` in the same folder or its imports, `${env.folder.KEY}` from the root of an environment.

use super::SecretPath;

/// What stands between `${` and `}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// `${KEY}`: a secret of the same folder, or else of the folders that it imports.
    Near {
        /// The name of the secret.
        key: String,
    },
    /// `${env.KEY}` or `${env.folder.sub.KEY}`: a secret of a folder of the project.
    Far {
        /// The slug of the environment.
        environment: String,
        /// The folder.
        path: SecretPath,
        /// The name of the secret.
        key: String,
    },
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that stays.
    Text(&'a str),
    /// A reference, and how it is written, `${…}`.
    Reference(Reference, &'a str),
}

/// The parts of a value, in order. What only looks like a reference (`${a b}`, `${A:-b}`, `${}`, `${.a}`) is text.
#[must_use]
pub fn pieces(value: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest, mut text) = (Vec::new(), value, 0);
    // `text` bytes of `rest` are text so far.
    while let Some(start) = rest[text..].find("${").map(|found| text + found) {
        let inside = &rest[start + 2..];
        let end = inside.find(|character| !allowed(character)).unwrap_or(inside.len());
        let reference = inside[end..].starts_with('}').then(|| parse(&inside[..end])).flatten();
        match reference {
            Some(reference) => {
                if start > 0 {
                    pieces.push(Piece::Text(&rest[..start]));
                }
                let after = start + 2 + end + 1;
                pieces.push(Piece::Reference(reference, &rest[start..after]));
                (rest, text) = (&rest[after..], 0);
            }
            None => text = start + 2,
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The references of a value, in order.
pub fn references(value: &str) -> impl Iterator<Item = (Reference, &str)> {
    pieces(value).into_iter().filter_map(|piece| match piece {
        Piece::Text(_) => None,
        Piece::Reference(reference, written) => Some((reference, written)),
    })
}

const fn allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

fn parse(inside: &str) -> Option<Reference> {
    if inside.split('.').any(str::is_empty) {
        return None;
    }
    let Some((way, key)) = inside.rsplit_once('.') else {
        return Some(Reference::Near { key: inside.to_owned() });
    };
    let (environment, folders) = way.split_once('.').unwrap_or((way, ""));
    Some(Reference::Far {
        environment: environment.to_owned(),
        path: SecretPath::of(folders.split('.')),
        key: key.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(key: &str) -> Reference {
        Reference::Near { key: key.to_owned() }
    }

    fn far(environment: &str, path: &str, key: &str) -> Reference {
        let path = path.parse().expect("a path");
        Reference::Far { environment: environment.to_owned(), path, key: key.to_owned() }
    }

    #[test]
    fn references_are_found_wherever_they_stand() {
        let found = |value| references(value).map(|(reference, _)| reference).collect::<Vec<_>>();
        assert_eq!(found("${KEY}"), [near("KEY")]);
        assert_eq!(found("a${A}${B-1_x}b"), [near("A"), near("B-1_x")]);
        assert_eq!(found("${dev.KEY}"), [far("dev", "/", "KEY")]);
        assert_eq!(found("x ${prod.api.db.KEY} y"), [far("prod", "/api/db", "KEY")]);
        assert_eq!(found("$${KEY}"), [near("KEY")]);
        assert_eq!(found("${${KEY}}"), [near("KEY")]);
    }

    #[test]
    fn what_only_looks_like_a_reference_is_text() {
        for value in
            ["", "$", "${", "${}", "${a b}", "${A:-b}", "${.a}", "${a.}", "${a..b}", "${A", "$A", "{A}"]
        {
            assert!(pieces(value).iter().all(|piece| matches!(piece, Piece::Text(_))), "{value}");
        }
        let literal = pieces("${a b} ${KEY}!");
        assert_eq!(
            literal,
            [Piece::Text("${a b} "), Piece::Reference(near("KEY"), "${KEY}"), Piece::Text("!")]
        );
    }

    proptest! {
        #[test]
        fn the_parts_joined_are_the_value(value in "(\\$|\\{|\\}|[a-c.ü ]){0,24}") {
            let joined: String = pieces(&value).iter().map(|piece| match piece {
                Piece::Text(text) | Piece::Reference(_, text) => *text,
            }).collect();
            prop_assert_eq!(joined, value);
        }
    }
}
