//! A plan as the wire shows it: names, keys and reasons, and nothing of a value.

use model::secret_sync::plan::import::Import;
use model::secret_sync::plan::{Action, Changes, Failure, Found, Guard, Plan, Step};
use serde::Serialize;

/// The answer.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    plan: View,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    create: Vec<Entry>,
    update: Vec<Entry>,
    delete: Vec<Entry>,
    adopt: Vec<Entry>,
    leave: Vec<Entry>,
    conflict: Vec<Entry>,
    /// What the import before the first sync would take over; `null` where there is none.
    import: Option<ImportView>,
    deletion_guard: GuardView,
    /// The actions that the connection lacks and that a run can do without.
    not_allowed: Vec<String>,
}

/// One name at the destination, or one key that has none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: Option<String>,
    secret_key: Option<String>,
    reason: String,
}

#[derive(Debug, Serialize)]
struct ImportView {
    create: Vec<String>,
    update: Vec<String>,
    leave: Vec<String>,
    conflict: Vec<Entry>,
}

/// Whether a run would stop before it does any of it.
#[derive(Debug, Serialize)]
struct GuardView {
    stops: bool,
    message: Option<String>,
}

const NEVER_DELETED: &str =
    "No secret of the source has this name any more, and disableSecretDeletion is set";
const TAGGED_BY_SOMEBODY: &str =
    "It carries this sync's tag, but this sync did not make it: a tag alone is no reason to delete";

impl Answer {
    /// `deletes` says whether the sync deletes what nobody wants.
    pub(crate) fn new(plan: Plan, import: Option<Import>, found: &Found, deletes: bool) -> Self {
        let [mut create, mut update, mut delete, mut adopt] = [const { Vec::new() }; 4];
        for step in plan.steps {
            let list = match &step.action {
                Action::Create(_) | Action::Restore(_) => &mut create,
                Action::Update(_) => &mut update,
                Action::Adopt(_) => &mut adopt,
                Action::Delete => &mut delete,
            };
            let reason = reason(&step);
            list.push(Entry { name: Some(step.name), secret_key: step.key, reason });
        }
        let named = |name: String, reason: &str| Entry {
            name: Some(name),
            secret_key: None,
            reason: reason.to_owned(),
        };
        let unchanged = plan.unchanged.into_iter().map(|name| named(name, "It is as it should be"));
        let why_kept = if deletes { TAGGED_BY_SOMEBODY } else { NEVER_DELETED };
        let kept = plan.kept.into_iter().map(|name| named(name, why_kept));
        let empty = plan.empty.into_iter().map(|key| Entry {
            name: None,
            secret_key: Some(key),
            reason: "Its value is empty: nothing is written and nothing is deleted for it".to_owned(),
        });
        Self {
            plan: View {
                create,
                update,
                delete,
                adopt,
                leave: unchanged.chain(kept).chain(empty).collect(),
                conflict: plan.failures.into_iter().map(conflict).collect(),
                import: import.map(imported),
                deletion_guard: GuardView {
                    stops: plan.guard.stops(),
                    message: Some(plan.guard)
                        .filter(|guard| guard.stops())
                        .map(|guard: Guard| guard.to_string()),
                },
                not_allowed: found.not_allowed.clone(),
            },
        }
    }
}

fn reason(step: &Step) -> String {
    let reason = match &step.action {
        Action::Create(_) => "The destination does not have it".to_owned(),
        Action::Restore(_) => "It is scheduled for deletion there, and is restored".to_owned(),
        Action::Update(write) => differs(write.changes),
        Action::Adopt(write) if write.changes.any() => {
            format!("It belongs to no sync, and the first sync takes it over. {}", differs(write.changes))
        }
        Action::Adopt(_) => "It belongs to no sync, and the first sync takes it over".to_owned(),
        Action::Delete => "No secret of the source has this name any more".to_owned(),
    };
    if step.mends_drift {
        format!("{reason}; somebody changed it at the destination since the last sync")
    } else {
        reason
    }
}

fn differs(changes: Changes) -> String {
    let parts = [(changes.value, "value"), (changes.kms_key, "KMS key"), (changes.tags, "tags")];
    let parts: Vec<&str> = parts.iter().filter(|(differs, _)| *differs).map(|(_, part)| *part).collect();
    format!("Different there: {}", parts.join(", "))
}

fn conflict(failure: Failure) -> Entry {
    let reason = failure.rule.to_string();
    Entry { name: Some(failure.name), secret_key: failure.key, reason }
}

fn imported(import: Import) -> ImportView {
    let keys = |entries: Vec<(String, _)>| entries.into_iter().map(|(key, _)| key).collect();
    ImportView {
        create: keys(import.creates),
        update: keys(import.updates),
        leave: import.left,
        conflict: import.failures.into_iter().map(conflict).collect(),
    }
}
