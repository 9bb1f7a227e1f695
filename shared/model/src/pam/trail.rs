//! Where CloudTrail shows what was done in a session.

use percent_encoding::utf8_percent_encode;

use super::session_name::SessionName;
use crate::Timestamp;
use crate::arn::RoleArn;
use crate::policy::{Document, SessionPolicy, Statement};
use crate::region::Region;

/// The ARN that CloudTrail writes as `userIdentity.arn` for everything done in the session. A role's path is not in it.
#[must_use]
pub fn session_arn(role: &RoleArn, name: &SessionName) -> String {
    format!("arn:{}:sts::{}:assumed-role/{}/{name}", role.partition(), role.account(), role.name())
}

/// CloudTrail's event history in the console, narrowed to the session's name and time; `None` where AWS does not publish
/// the console's host. `region` is the one whose events it shows: an event is recorded where it happened.
#[must_use]
pub fn event_history_url(
    role: &RoleArn,
    name: &SessionName,
    region: Option<&Region>,
    from: Timestamp,
    until: Timestamp,
) -> Option<String> {
    let host = role.partition().console_host()?;
    let region = region.cloned().unwrap_or_else(|| role.partition().default_region());
    let name = utf8_percent_encode(name.as_str(), percent_encoding::NON_ALPHANUMERIC);
    Some(format!(
        "https://{region}.{host}/cloudtrailv2/home?region={region}#/events?Username={name}&StartTime={from}&EndTime={until}"
    ))
}

/// What the session may do that looks a timeline up.
#[must_use]
pub fn lookup_policy() -> SessionPolicy {
    // LookupEvents knows no resources.
    let statement = Statement::allow("LookUpEvents", "cloudtrail", &["LookupEvents"], vec!["*".to_owned()]);
    // One short statement always fits; and what did not fit would allow nothing.
    SessionPolicy::new(&Document::new(vec![statement])).unwrap_or_else(|_| SessionPolicy::validation())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_arn_leaves_the_roles_path_out() {
        let role: RoleArn = "arn:aws-us-gov:iam::123456789012:role/pam/deep/readonly".parse().unwrap();
        let name = SessionName::of_person("ada@example.com").unwrap();
        assert_eq!(
            session_arn(&role, &name),
            "arn:aws-us-gov:sts::123456789012:assumed-role/readonly/ada@example.com"
        );
    }

    #[test]
    fn the_link_opens_the_event_history_of_the_sessions_partition() {
        let name = SessionName::of_person("ada+x@example.com").unwrap();
        let (from, until) =
            ("2026-01-02T03:04:05Z".parse().unwrap(), "2026-01-02T04:04:05Z".parse().unwrap());
        for (arn, region, start) in [
            (
                "arn:aws:iam::123456789012:role/r",
                None,
                "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1",
            ),
            (
                "arn:aws:iam::123456789012:role/r",
                Some("eu-west-1"),
                "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1",
            ),
            (
                "arn:aws-cn:iam::123456789012:role/r",
                None,
                "https://cn-north-1.console.amazonaws.cn/cloudtrailv2/home?region=cn-north-1",
            ),
        ] {
            let region = region.map(|region: &str| region.parse().unwrap());
            let url = event_history_url(&arn.parse().unwrap(), &name, region.as_ref(), from, until).unwrap();
            let end = "#/events?Username=ada%2Bx%40example%2Ecom&StartTime=2026-01-02T03:04:05.000Z&EndTime=2026-01-02T04:04:05.000Z";
            assert_eq!(url, format!("{start}{end}"));
        }
    }
}
