//! The rules that a key can break, in words for the person who mends it.

use std::fmt;

use super::{Place, Wanted};
use crate::Timestamp;
use crate::id::{KeyRotationId, SecretSyncId};
use crate::secret_sync::Destination;

/// The longest value of Secrets Manager
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>).
pub const SECRET_BYTES: usize = 65_536;
/// The longest JSON document of a many-to-one sync: it is one secret.
pub const DOCUMENT_BYTES: usize = SECRET_BYTES;
/// The longest value of a standard parameter; a longer one is an advanced parameter, which costs
/// (<https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html>).
pub const STANDARD_PARAMETER_BYTES: usize = 4_096;
/// The longest value of an advanced parameter.
pub const PARAMETER_BYTES: usize = 8_192;

const SECRET_NAME: usize = 512;
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>
const PARAMETER_NAME: usize = 1_011;
const PARAMETER_LEVELS: usize = 15;

/// A key that cannot be pushed, or could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The key; `None` when it is about the whole of a many-to-one secret, or about a thing that no key wants.
    pub key: Option<String>,
    /// The name at the destination.
    pub name: String,
    /// Why.
    pub rule: Rule,
}

impl Failure {
    pub(super) fn of(wanted: &Wanted, rule: Rule) -> Self {
        Self::new(wanted.key.clone(), &wanted.name, rule)
    }

    /// The failure of a key.
    #[must_use]
    pub fn new(key: String, name: &str, rule: Rule) -> Self {
        Self { key: Some(key), name: name.to_owned(), rule }
    }

    /// What stands for it in a message: the key, else the name.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.name)
    }
}

/// Why a key cannot be pushed. Its text says what to do about it, and never holds a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The source could not tell the value: in its words.
    Source(String),
    /// The name has a character that AWS refuses.
    NameCharacter {
        /// Where.
        destination: Destination,
        /// Which.
        character: char,
    },
    /// The name is longer than AWS allows.
    NameTooLong {
        /// How long it may be, in characters.
        longest: usize,
    },
    /// The key holds a slash: the parameter would lie in another path than the sync's.
    SlashInKey,
    /// The name begins with `aws` or `ssm`, which AWS keeps for itself.
    NameReserved,
    /// More levels than a parameter may have.
    NameTooDeep,
    /// Other keys have the same name.
    SameName {
        /// The others, but those that are called the same already.
        others: Vec<String>,
    },
    /// The value is longer than AWS allows.
    ValueTooLong {
        /// Where.
        destination: Destination,
        /// How long it is, in bytes.
        bytes: usize,
        /// How long it may be.
        longest: usize,
    },
    /// All keys together are longer than one secret may be.
    DocumentTooLong {
        /// How long they are, in bytes.
        bytes: usize,
    },
    /// AWS takes `{{…}}` for a reference to another parameter.
    NestedParameter,
    /// A tag that AWS or Drawbridge does not allow.
    Tag {
        /// Its key.
        key: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// More tags than AWS allows.
    TooManyTags,
    /// What is there belongs to another sync.
    OwnedByAnother(Option<SecretSyncId>),
    /// What is there belongs to nobody, and this is not the first sync.
    OwnedByNobody,
    /// What is there carries this sync's tag, and another value, and the sync did not make it.
    TagAlone,
    /// The document that is there cannot be read as a JSON object, and something of it has to stay.
    DocumentLost {
        /// Whether that is because it is scheduled for deletion.
        is_deleted: bool,
    },
    /// Whose it is could not be found out: in AWS's words.
    OwnerUnknown(String),
    /// What is there is binary, and nobody's.
    Binary,
    /// What is there is no secret: a parameter of this type.
    OtherType(String),
    /// What is there could not be read: in AWS's words.
    Unreadable(String),
    /// The name is kept for a deleted secret that is not this sync's.
    ScheduledForDeletion {
        /// The date that AWS gives.
        at: Option<Timestamp>,
    },
    /// The name is kept for a deleted secret of this sync's, and the role may not restore it.
    NotRestored {
        /// The date that AWS gives.
        at: Option<Timestamp>,
        /// AWS's words.
        why: String,
    },
    /// An import found what cannot be a secret's name here.
    ImportName(String),
    /// An import found something that is no text.
    ImportBinary,
    /// An import found a parameter of a type whose values are no secrets.
    ImportOtherType(String),
    /// An import of a many-to-one secret found something else than a JSON object.
    ImportNoObject,
    /// An import found another value of a secret that a key rotation writes.
    ImportRotated(KeyRotationId),
    /// An import found a value that would be a reference here.
    ImportReference,
    /// AWS refused the step: its action, its resource and its words.
    Aws(String),
}

/// Whether a name can be at a place, asked before AWS is.
///
/// # Errors
/// The rule that it breaks.
pub fn name_rule(place: &Place<'_>, key: &str, name: &str) -> Result<(), Rule> {
    let destination = place.config.destination();
    match destination {
        Destination::AwsSecretsManager => {
            characters(destination, name, b"/_+=.@-")?;
            longest(name, SECRET_NAME)
        }
        Destination::AwsParameterStore => {
            if key.contains('/') {
                return Err(Rule::SlashInKey);
            }
            characters(destination, name, b"/_.-")?;
            let levels: Vec<&str> = name.split('/').filter(|level| !level.is_empty()).collect();
            let first = levels.first().copied().unwrap_or_default().to_ascii_lowercase();
            if first.starts_with("aws") || first.starts_with("ssm") {
                return Err(Rule::NameReserved);
            }
            if levels.len() > PARAMETER_LEVELS {
                return Err(Rule::NameTooDeep);
            }
            longest(name, PARAMETER_NAME)
        }
    }
}

fn characters(destination: Destination, name: &str, besides: &[u8]) -> Result<(), Rule> {
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || u8::try_from(c).is_ok_and(|byte| besides.contains(&byte));
    match name.chars().find(|c| !allowed(*c)) {
        Some(character) => Err(Rule::NameCharacter { destination, character }),
        None => Ok(()),
    }
}

fn longest(name: &str, longest: usize) -> Result<(), Rule> {
    if name.len() > longest { Err(Rule::NameTooLong { longest }) } else { Ok(()) }
}

/// Whether one key's value can be at a place. Of a many-to-one secret, the document is checked instead.
///
/// # Errors
/// The rule that it breaks.
pub fn value_rule(place: &Place<'_>, value: &str) -> Result<(), Rule> {
    if place.config.is_many_to_one() {
        return Ok(());
    }
    let destination = place.config.destination();
    let longest = match destination {
        Destination::AwsSecretsManager => SECRET_BYTES,
        Destination::AwsParameterStore => PARAMETER_BYTES,
    };
    if value.len() > longest {
        return Err(Rule::ValueTooLong { destination, bytes: value.len(), longest });
    }
    match destination {
        Destination::AwsParameterStore if is_nested(value) => Err(Rule::NestedParameter),
        Destination::AwsParameterStore | Destination::AwsSecretsManager => Ok(()),
    }
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>: "Parameters can't be referenced or
/// nested in the values of other parameters. You can't include values wrapped in double brackets".
fn is_nested(value: &str) -> bool {
    value.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"))
}

fn date(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "a date that AWS did not tell".to_owned(), Timestamp::day)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(why) => f.write_str(why),
            Self::NameCharacter { destination, character } => {
                let (service, allowed) = match destination {
                    Destination::AwsSecretsManager => ("Secrets Manager", "/_+=.@-"),
                    Destination::AwsParameterStore => ("Parameter Store", "_.-"),
                };
                write!(f, "{service} takes names of letters, digits and {allowed} only, not {character:?}: rename the key")
            }
            Self::NameTooLong { longest } => write!(f, "its name there would have more than {longest} characters"),
            Self::SlashInKey => {
                f.write_str("a key with / would lie in another path of Parameter Store than this sync's: rename the key")
            }
            Self::NameReserved => {
                f.write_str("AWS keeps parameter names that begin with aws or ssm for itself: use another path or key schema")
            }
            Self::NameTooDeep => write!(f, "a parameter has at most {PARAMETER_LEVELS} levels: use a shorter path"),
            Self::SameName { others } if others.is_empty() => f.write_str(
                "several folders have a secret of this name, and there is one place for it there: nothing is written for any of \
                 them",
            ),
            Self::SameName { others } => {
                write!(f, "{} would have the same name there: nothing is written for any of them", others.join(", "))
            }
            Self::ValueTooLong { destination, bytes, longest } => write!(
                f,
                "the value has {bytes} bytes, {} takes {longest}",
                match destination {
                    Destination::AwsSecretsManager => "Secrets Manager",
                    Destination::AwsParameterStore => "Parameter Store",
                }
            ),
            Self::DocumentTooLong { bytes } => write!(
                f,
                "all keys together are {bytes} bytes of JSON, one secret takes {DOCUMENT_BYTES}: sync them one to one, or \
                 split the folder"
            ),
            Self::NestedParameter => {
                f.write_str("AWS takes {{…}} in a parameter for a reference and refuses it: sync it to Secrets Manager")
            }
            Self::Tag { key, why } => write!(f, "the tag {key:?} {why}"),
            Self::TooManyTags => write!(
                f,
                "it would have more than {} tags besides Drawbridge's two: remove metadata or tags",
                super::MOST_TAGS
            ),
            Self::OwnedByAnother(Some(id)) => {
                write!(
                    f,
                    "what is there belongs to the secret sync {id}: rename the key, or remove it from that sync; if there is \
                     no such sync any more, set its tag drawbridge:secret-sync to the id of this sync and give it the key's \
                     value to hand it over, or delete it there"
                )
            }
            Self::OwnedByAnother(None) => f.write_str(
                "what is there is tagged as another deployment's: rename the key, or set its tag drawbridge:secret-sync to the \
                 id of this sync and give it the key's value to hand it over",
            ),
            Self::OwnedByNobody => f.write_str(
                "there is one of this name already that this sync did not make: delete it there, rename the key, or tag it \
                 with drawbridge:secret-sync = the id of this sync and give it the key's value to hand it over",
            ),
            Self::TagAlone => f.write_str(
                "what is there carries this sync's tag, but this sync did not make it: give it the key's value to hand it \
                 over, delete it there, or rename the key",
            ),
            Self::DocumentLost { is_deleted: true } => f.write_str(
                "the secret is scheduled for deletion, and keys that cannot be written now would be lost from it: restore it \
                 (secretsmanager:RestoreSecret), or mend those keys and allow the sync to delete secrets",
            ),
            Self::DocumentLost { is_deleted: false } => f.write_str(
                "the secret's value is not a JSON object, and keys that cannot be written now would be lost from it: put a \
                 JSON object there, or mend those keys and allow the sync to delete secrets",
            ),
            Self::OwnerUnknown(why) => write!(f, "whose the one is that is there could not be found out: {why}"),
            Self::Binary => f.write_str("what is there is binary and not this sync's: delete it there, or rename the key"),
            Self::OtherType(kind) => write!(
                f,
                "what is there is a parameter of type {kind}, which AWS does not turn into a SecureString: delete it there, \
                 or rename the key"
            ),
            Self::Unreadable(why) => write!(f, "what is there could not be read: {why}"),
            Self::ScheduledForDeletion { at } => write!(
                f,
                "the name belongs to a secret that was deleted ({}) and is not this sync's: wait until its recovery window \
                 is over, or rename the key",
                date(*at)
            ),
            Self::NotRestored { at, why } => write!(
                f,
                "the name belongs to a secret that was deleted ({}): allow secretsmanager:RestoreSecret, or wait until its \
                 recovery window is over. {why}",
                date(*at)
            ),
            Self::ImportName(why) => write!(f, "it cannot be the name of a secret here: {why}"),
            Self::ImportBinary => f.write_str("its value is binary, and secrets here are text"),
            Self::ImportOtherType(kind) => {
                write!(f, "it is a parameter of type {kind}, and only SecureStrings are secrets")
            }
            Self::ImportNoObject => f.write_str("its value is not a JSON object, so there are no keys to import"),
            Self::ImportRotated(rotation) => write!(
                f,
                "key rotation {rotation} writes this secret here, and its value is not taken over from elsewhere: delete the \
                 rotation, or let the source's value win"
            ),
            Self::ImportReference => f.write_str(
                "its value holds text of the form ${KEY}, which would be a reference here, and the next sync would put what it \
                 refers to in its place: it is left there; make the secret here by hand if that is meant",
            ),
            Self::Aws(why) => f.write_str(why),
        }
    }
}
