//! ARNs: what parses prints as it was, and is what it says.

use model::arn::{Arn, MAX_ARN_CHARACTERS, RoleArn};
use model::certificate_authority::CertificateAuthorityArn;
use model::certificate_sync::LoadBalancerArn;
use model::partition::Partition;
use model::principal::Principal;

/// An input is one text.
pub fn arn(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let arn = text.parse::<Arn>();
    let (role, principal) = (text.parse::<RoleArn>(), text.parse::<Principal>());
    let (authority, balancer) = (text.parse::<CertificateAuthorityArn>(), text.parse::<LoadBalancerArn>());
    let Ok(arn) = arn else {
        assert!(
            role.is_err() && principal.is_err() && authority.is_err() && balancer.is_err(),
            "no ARN at all"
        );
        return;
    };
    any(&arn, text);
    if let Ok(role) = role {
        assert_eq!(role.to_string(), text);
        assert_eq!((arn.service.as_str(), arn.region.as_ref()), ("iam", None));
        assert_eq!((role.partition(), Some(role.account())), (arn.partition, arn.account.as_ref()));
        assert_eq!(arn.resource, format!("role{}{}", role.path(), role.name()));
        assert!(role.path().starts_with('/') && role.path().ends_with('/') && !role.name().contains('/'));
        // A session policy or a trust policy names it: an asterisk would reach other roles.
        assert!(!role.name().contains(['*', '?']), "{text}");
    }
    if let Ok(principal) = principal {
        assert_eq!(principal.arn(), &arn);
        assert_eq!(Some(principal.account()), arn.account.as_ref());
        for form in principal.normalized() {
            let form: Arn = form.parse().expect("what patterns are compared with is an ARN");
            assert_eq!((form.partition, form.account), (arn.partition, arn.account.clone()), "{text}");
            // Neither a path nor a session's name, which whoever assumes the role chooses.
            assert!(form.resource.matches('/').count() <= 1, "{text}");
        }
    }
    if let Ok(authority) = authority {
        assert_eq!(authority.to_string(), text);
        assert_eq!(
            (Some(authority.region()), Some(authority.account())),
            (arn.region.as_ref(), arn.account.as_ref())
        );
        assert!(!text.contains(['*', '?']), "{text}");
    }
    if let Ok(balancer) = balancer {
        assert_eq!(balancer.as_str(), text);
        assert_eq!(Some(balancer.region()), arn.region.as_ref());
        assert!(!balancer.has_listener(text), "a load balancer is no listener of itself: {text}");
        let listener = format!("{}/0123456789abcdef", text.replacen(":loadbalancer/", ":listener/", 1));
        assert!(balancer.has_listener(&listener), "{text}");
        // Its own session policies name it.
        assert!(!text.contains(['*', '?']), "{text}");
    }
}

fn any(arn: &Arn, text: &str) {
    assert_eq!(arn.to_string(), text);
    assert_eq!(arn.to_string().parse().as_ref(), Ok(arn));
    assert!(Partition::ALL.contains(&arn.partition) && text.starts_with(&format!("arn:{}:", arn.partition)));
    assert!(arn.region.as_ref().is_none_or(|region| region.partition() == arn.partition));
    assert!(text.len() <= MAX_ARN_CHARACTERS && !text.contains(char::is_whitespace));
    let written = serde_json::to_string(arn).expect("an ARN is a text of JSON");
    assert_eq!(serde_json::from_str::<Arn>(&written).ok().as_ref(), Some(arn));
}
