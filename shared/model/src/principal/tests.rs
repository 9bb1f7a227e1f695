use super::*;

#[test]
fn paths_and_session_names_are_dropped_in_every_partition() {
    for (arn, forms) in [
        ("arn:aws:iam::123456789012:user/division/team/alice", &["arn:aws:iam::123456789012:user/alice"][..]),
        (
            "arn:aws:sts::123456789012:assumed-role/App/i-0123",
            &["arn:aws:sts::123456789012:assumed-role/App", "arn:aws:iam::123456789012:role/App"],
        ),
        (
            "arn:aws-cn:sts::123456789012:assumed-role/App/s@x,y=z",
            &["arn:aws-cn:sts::123456789012:assumed-role/App", "arn:aws-cn:iam::123456789012:role/App"],
        ),
        (
            "arn:aws-us-gov:sts::123456789012:assumed-role/App/s",
            &[
                "arn:aws-us-gov:sts::123456789012:assumed-role/App",
                "arn:aws-us-gov:iam::123456789012:role/App",
            ],
        ),
        ("arn:aws-eusc:iam::123456789012:user/bob", &["arn:aws-eusc:iam::123456789012:user/bob"]),
        ("arn:aws:iam::123456789012:root", &["arn:aws:iam::123456789012:root"]),
        ("arn:aws:sts::123456789012:federated-user/bob", &["arn:aws:sts::123456789012:federated-user/bob"]),
    ] {
        let principal: Principal = arn.parse().expect(arn);
        assert_eq!(principal.normalized(), forms, "{arn}");
    }
}

#[test]
fn what_getcalleridentity_never_answers_is_no_principal() {
    for arn in [
        "",
        "arn:aws:iam::123456789012:*",
        "arn:aws:iam::12345678901:user/a",
        "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:group/a",
        "arn:aws:sts::123456789012:assumed-role/App",
        "arn:aws:sts::123456789012:assumed-role/App/",
        "arn:aws:s3:::bucket",
        "arn:AWS:iam::123456789012:user/a",
        "arn:aws:iam:us-east-1:123456789012:user/a",
    ] {
        assert_eq!(arn.parse::<Principal>(), Err(NotAPrincipal), "{arn}");
    }
}

#[test]
fn a_role_is_admitted_by_its_own_arn_and_by_its_assumed_form() {
    let principal: Principal =
        "arn:aws:sts::123456789012:assumed-role/App/session".parse().expect("a principal");
    for (list, admitted) in [
        ("arn:aws:iam::123456789012:role/App", true),
        ("arn:aws:sts::123456789012:assumed-role/App", true),
        ("arn:aws:sts::123456789012:assumed-role/App/*", false),
        ("arn:aws:iam::123456789012:role/Other, arn:aws:iam::123456789012:role/A*", true),
        ("arn:aws:iam::210987654321:*", false),
        ("arn:aws-cn:iam::123456789012:*", false),
        ("arn:aws:iam::123456789012:*", true),
        ("", false),
    ] {
        let patterns: PrincipalPatterns = list.parse().expect(list);
        assert_eq!(patterns.admit(&principal), admitted, "{list}");
    }
}

#[test]
fn a_pattern_must_name_its_account_and_lists_keep_their_order() {
    let list = "arn:aws-iso-b:iam::123456789012:role/b,arn:aws:iam::123456789012:user/a*";
    let patterns: PrincipalPatterns = list.parse().expect("valid");
    assert_eq!(patterns.to_string(), list.replace(',', ", "));
    for bad in [
        "*",
        "arn:aws:iam::*:role/App",
        "arn:*:iam::123456789012:role/App",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/a b",
    ] {
        assert!(bad.parse::<PrincipalPatterns>().is_err(), "{bad}");
    }
    assert_eq!(
        "123456789012,210987654321".parse::<AccountIds>().map(|list| list.to_string()),
        Ok("123456789012, 210987654321".to_owned())
    );
    assert!("1234".parse::<AccountIds>().is_err());
}
