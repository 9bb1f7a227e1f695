#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;

fn link(partition: Partition, region: Option<&str>, destination: Option<&str>) -> String {
    let region = region.map(|name| name.parse::<Region>().unwrap());
    let endpoint = SignInEndpoint::of(partition, region.as_ref()).unwrap();
    let destination = match destination {
        Some(text) => Destination::read(text, partition).unwrap(),
        None => Destination::home(partition, region.as_ref()).unwrap(),
    };
    let token: SecretString = "VCQgs5qZZt3Q6fn8Tr5EXAMPLE_token-1~".to_owned().into();
    login_url(&endpoint, "https://abc.execute-api.eu-west-1.amazonaws.com/", &destination, &token)
        .expose_secret()
        .to_owned()
}

const ISSUER: &str = "Issuer=https%3A%2F%2Fabc.execute-api.eu-west-1.amazonaws.com%2F";
const TOKEN: &str = "SigninToken=VCQgs5qZZt3Q6fn8Tr5EXAMPLE_token-1~";

// Hosts: https://docs.aws.amazon.com/general/latest/gr/signin-service.html
#[test]
fn each_partitions_link_has_exactly_this_form() {
    for (partition, sign_in, console) in [
        (Partition::Aws, "signin.aws.amazon.com", "console.aws.amazon.com"),
        (Partition::AwsUsGov, "signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
        (Partition::AwsCn, "signin.amazonaws.cn", "console.amazonaws.cn"),
        (Partition::AwsEusc, "signin.amazonaws-eusc.eu", "console.amazonaws-eusc.eu"),
    ] {
        assert_eq!(
            link(partition, None, None),
            format!(
                "https://{sign_in}/federation?Action=login&{ISSUER}&Destination=https%3A%2F%2F{console}%2F&{TOKEN}"
            )
        );
    }
}

#[test]
fn a_regions_link_uses_the_regions_hosts() {
    for (partition, region, sign_in, console) in [
        (Partition::Aws, "eu-west-1", "eu-west-1.signin.aws.amazon.com", "eu-west-1.console.aws.amazon.com"),
        (
            Partition::AwsUsGov,
            "us-gov-west-1",
            "us-gov-west-1.signin.amazonaws-us-gov.com",
            "us-gov-west-1.console.amazonaws-us-gov.com",
        ),
        (
            Partition::AwsCn,
            "cn-northwest-1",
            "cn-northwest-1.signin.amazonaws.cn",
            "cn-northwest-1.console.amazonaws.cn",
        ),
        (
            Partition::AwsEusc,
            "eusc-de-east-1",
            "eusc-de-east-1.signin.amazonaws-eusc.eu",
            "eusc-de-east-1.console.amazonaws-eusc.eu",
        ),
    ] {
        assert_eq!(
            link(partition, Some(region), None),
            format!(
                "https://{sign_in}/federation?Action=login&{ISSUER}&Destination=https%3A%2F%2F{console}%2F&{TOKEN}"
            )
        );
    }
}

#[test]
fn a_destination_is_encoded_whole() {
    assert_eq!(
        link(
            Partition::Aws,
            None,
            Some("https://us-east-1.console.aws.amazon.com/s3/home?region=us-east-1&x=a+b#/buckets")
        ),
        format!(
            "https://signin.aws.amazon.com/federation?Action=login&{ISSUER}&Destination=https%3A%2F%2Fus-east-1.console\
             .aws.amazon.com%2Fs3%2Fhome%3Fregion%3Dus-east-1%26x%3Da%2Bb%23%2Fbuckets&{TOKEN}"
        )
    );
}

#[test]
fn partitions_without_a_published_page_have_no_endpoint() {
    for partition in [Partition::AwsIso, Partition::AwsIsoB, Partition::AwsIsoE, Partition::AwsIsoF] {
        assert_eq!(SignInEndpoint::of(partition, None), None);
        assert_eq!(Destination::home(partition, None), None);
        assert!(Destination::read("https://console.aws.amazon.com/", partition).is_err());
    }
}

#[test]
fn a_stand_in_answers_under_its_own_address() {
    for given in ["http://127.0.0.1:4566", "http://127.0.0.1:4566/"] {
        assert_eq!(SignInEndpoint::of_stand_in(given).as_str(), "http://127.0.0.1:4566/federation");
    }
}

#[test]
fn the_token_request_has_exactly_this_form_and_no_session_duration() {
    let body = token_request("ASIAIOSFODNN7EXAMPLE", "wJalr/K7+EXAMPLE=", "AQo\"x");
    assert_eq!(
        body.expose_secret(),
        "Action=getSigninToken&Session=%7B%22sessionId%22%3A%22ASIAIOSFODNN7EXAMPLE%22%2C%22sessionKey%22%3A%22wJalr%2FK7\
         %2BEXAMPLE%3D%22%2C%22sessionToken%22%3A%22AQo%5C%22x%22%7D"
    );
    assert!(!format!("{body:?}").contains("wJalr"));
}

#[test]
fn pages_of_the_partitions_console_are_destinations() {
    for (partition, text) in [
        (Partition::Aws, "https://console.aws.amazon.com"),
        (Partition::Aws, "https://console.aws.amazon.com/ec2/home?region=eu-west-1#Instances:"),
        (Partition::Aws, "https://us-west-2.console.aws.amazon.com/cloudwatch/home"),
        (Partition::Aws, "https://123456789012-abcd1234.us-east-1.console.aws.amazon.com/"),
        (Partition::Aws, "HTTPS://Console.AWS.amazon.com/"),
        (Partition::AwsCn, "https://cn-north-1.console.amazonaws.cn/s3/"),
        (Partition::AwsUsGov, "https://console.amazonaws-us-gov.com/"),
        (Partition::AwsEusc, "https://eusc-de-east-1.console.amazonaws-eusc.eu/"),
    ] {
        assert!(Destination::read(text, partition).is_ok(), "{text}");
    }
}

#[test]
fn every_trick_to_arrive_elsewhere_is_refused() {
    for text in [
        "",
        "console.aws.amazon.com",
        "//console.aws.amazon.com/",
        "http://console.aws.amazon.com/",
        "javascript:alert(1)//console.aws.amazon.com",
        "https://evil.example/",
        "https://evil.example/https://console.aws.amazon.com/",
        "https://evil.example?https://console.aws.amazon.com/",
        "https://evil.example#.console.aws.amazon.com/",
        "https://console.aws.amazon.com.evil.example/",
        "https://evilconsole.aws.amazon.com/",
        "https://console.aws.amazon.com@evil.example/",
        "https://evil@console.aws.amazon.com/",
        "https://evil:secret@console.aws.amazon.com/",
        "https://@console.aws.amazon.com/",
        "https://console.aws.amazon.com:443/",
        "https://console.aws.amazon.com:8443/",
        "https://console.aws.amazon.com:/",
        "https://console.aws.amazon.com\\@evil.example/",
        "https:\\\\evil.example\\",
        "https:/evil.example",
        "https:evil.example",
        "https:///evil.example",
        "https://console.aws.amazon.com.",
        "https://console%2eaws.amazon.com.evil.example/",
        "https://evil.example%2f.console.aws.amazon.com/",
        "https://evil.example%00.console.aws.amazon.com/",
        "https://console.aws.amazon.com/\n",
        " https://console.aws.amazon.com/",
        "https://con\tsole.aws.amazon.com/",
        "https://signin.aws.amazon.com/",
        "https://s3.amazonaws.com/bucket",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://console.amazonaws.cn/",
        "https://console.amazonaws-us-gov.com/",
    ] {
        assert!(Destination::read(text, Partition::Aws).is_err(), "{text:?}");
    }
    let long = format!("https://console.aws.amazon.com/{}", "a".repeat(2_048));
    assert!(Destination::read(&long, Partition::Aws).is_err());
    assert!(Destination::read("https://console.aws.amazon.com/", Partition::AwsUsGov).is_err());
}

proptest! {
    #[test]
    fn whatever_is_accepted_is_a_page_of_the_console(text in "https:?/{0,3}[a-z@:/.\\\\%#?-]{0,12}console\\.aws\\.amazon\\.com[a-z@:/.\\\\%#?-]{0,12}") {
        if let Ok(destination) = Destination::read(&text, Partition::Aws) {
            let url = Url::parse(destination.as_str()).unwrap();
            let host = url.host_str().unwrap();
            prop_assert!(host == "console.aws.amazon.com" || host.ends_with(".console.aws.amazon.com"), "{}", host);
            prop_assert_eq!((url.scheme(), url.port(), url.username(), url.password()), ("https", None, "", None));
        }
    }
}
