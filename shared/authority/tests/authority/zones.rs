//! Route 53, with the answers of <https://docs.aws.amazon.com/Route53/latest/APIReference/API_Operations.html>.

use std::time::Duration;

use authority::{Class, ValidationRecord, ZoneDeed, Zones};
use testkit::aws::Answer;

use crate::aws::{Aws, at, connection, region, simulated, xml_error};

const NAMESPACE: &str = "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"";

async fn zones(aws: &Aws) -> Zones {
    let ids = ["/hostedzone/Z1PA6795UKMFR9".to_owned()];
    aws.authorities.zones(&connection(), &region(), &ids, ZoneDeed::Prove, at()).await.unwrap()
}

fn zone(is_private: bool, rest: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\"?>\n<GetHostedZoneResponse {NAMESPACE}><HostedZone><Id>/hostedzone/Z1PA6795UKMFR9</Id>\
         <Name>Example.com.</Name><CallerReference>a</CallerReference><Config><PrivateZone>{is_private}</PrivateZone></Config>\
         <ResourceRecordSetCount>17</ResourceRecordSetCount></HostedZone>{rest}</GetHostedZoneResponse>"
    );
    Answer { status: 200, body }
}

#[test]
fn a_zone_says_its_name_whether_it_is_private_and_who_answers_for_it() {
    simulated(async |clock| {
        let servers = "<DelegationSet><NameServers><NameServer>ns-2048.awsdns-64.com</NameServer>\
            <NameServer>ns-2049.awsdns-65.net</NameServer></NameServers></DelegationSet>";
        let vpcs = "<VPCs><VPC><VPCRegion>eu-west-1</VPCRegion><VPCId>vpc-1</VPCId></VPC></VPCs>";
        let aws = Aws::in_turn(
            &clock,
            vec![
                zone(false, servers),
                zone(true, vpcs),
                xml_error(404, "NoSuchHostedZone", "No hosted zone found with ID: Z1"),
                xml_error(403, "AccessDenied", "User: x is not authorized to perform: route53:GetHostedZone"),
            ],
        );
        let zones = zones(&aws).await;
        let public = zones.zone("/hostedzone/Z1PA6795UKMFR9").await.unwrap();
        assert_eq!((public.id.as_str(), public.name.as_str()), ("Z1PA6795UKMFR9", "example.com"));
        assert_eq!(public.name_servers, ["ns-2048.awsdns-64.com", "ns-2049.awsdns-65.net"]);
        assert!(!public.is_private);
        let private = zones.zone("Z1PA6795UKMFR9").await.unwrap();
        assert!(private.is_private && private.name_servers.is_empty());
        assert_eq!(zones.zone("Z1").await.unwrap_err().class(), Class::NotFound);
        let denied = zones.zone("Z1").await.unwrap_err();
        assert_eq!(denied.class(), Class::Denied);
        assert!(denied.to_string().contains("route53:GetHostedZone"), "{denied}");
        assert!(
            aws.asked()[0].uri.ends_with("/2013-04-01/hostedzone/Z1PA6795UKMFR9"),
            "{:?}",
            aws.asked()[0]
        );
        // Signed for the region of the partition, whatever region the authority is in.
        assert!(aws.asked()[0].authorization.contains("/us-east-1/route53/"), "{:?}", aws.asked()[0]);
    });
}

fn record(name: &str) -> ValidationRecord {
    ValidationRecord { name: name.to_owned(), value: "_424c7224.acm-validations.aws.".to_owned() }
}

fn changed() -> Answer {
    let body = format!(
        "<?xml version=\"1.0\"?>\n<ChangeResourceRecordSetsResponse {NAMESPACE}><ChangeInfo><Id>/change/C2</Id>\
         <Status>PENDING</Status><SubmittedAt>2017-03-10T01:36:41.958Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>"
    );
    Answer { status: 200, body }
}

#[test]
fn records_are_written_in_one_change_each_once_and_nothing_is_no_call() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| changed());
        let zones = zones(&aws).await;
        zones.upsert("Z1PA6795UKMFR9", &[]).await.unwrap();
        assert!(aws.asked().is_empty());
        // The wildcard is proved by the record of the name below it.
        let records = [record("_a.example.com."), record("_A.example.com"), record("_b.www.example.com.")];
        zones.upsert("/hostedzone/Z1PA6795UKMFR9", &records).await.unwrap();
        let asked = aws.asked();
        assert_eq!(asked.len(), 1);
        assert!(asked[0].uri.contains("/2013-04-01/hostedzone/Z1PA6795UKMFR9/rrset"), "{}", asked[0].uri);
        let change = |name: &str| {
            format!(
                "<Change><Action>UPSERT</Action><ResourceRecordSet><Name>{name}</Name><Type>CNAME</Type><TTL>300</TTL>\
                 <ResourceRecords><ResourceRecord><Value>_424c7224.acm-validations.aws.</Value></ResourceRecord></ResourceRecords>\
                 </ResourceRecordSet></Change>"
            )
        };
        for name in ["_a.example.com.", "_b.www.example.com."] {
            assert!(asked[0].body.contains(&change(name)), "{}", asked[0].body);
        }
        assert_eq!(asked[0].body.matches("<Change>").count(), 2);
        assert!(!asked[0].body.contains("DELETE"));
    });
}

#[test]
fn what_is_wrong_with_a_change_is_told_in_awss_words_in_either_form() {
    simulated(async |clock| {
        let words = "RRSet with DNS name _a.example.org. is not permitted in zone example.com.";
        let listed = format!(
            "<?xml version=\"1.0\"?>\n<InvalidChangeBatch {NAMESPACE}><Messages><Message>{words}</Message></Messages>\
             <RequestId>b</RequestId></InvalidChangeBatch>"
        );
        let aws = Aws::in_turn(
            &clock,
            vec![
                Answer { status: 400, body: listed },
                xml_error(400, "InvalidChangeBatch", &format!("[{words}]")),
            ],
        );
        let zones = zones(&aws).await;
        for _ in 0..2 {
            let refused = zones.upsert("Z1", &[record("_a.example.org.")]).await.unwrap_err();
            assert_eq!(refused.class(), Class::Invalid, "{refused}");
            assert!(refused.to_string().contains(words), "{refused}");
        }
    });
}

#[test]
fn a_zone_that_is_being_changed_by_others_is_asked_again() {
    simulated(async |clock| {
        let busy = "The request was rejected because Route 53 was still processing a prior request.";
        let prior = xml_error(400, "PriorRequestNotComplete", busy);
        let throttled = xml_error(400, "Throttling", "Rate exceeded");
        let aws = Aws::in_turn(&clock, vec![prior.clone(), throttled, prior.clone(), changed()]);
        zones(&aws).await.upsert("Z1", &[record("_a.example.com.")]).await.unwrap();
        assert_eq!(aws.asked().len(), 4);

        let aws = Aws::of(&clock, move |_| prior.clone());
        let start = clock.now();
        let error = zones(&aws).await.upsert("Z1", &[record("_a.example.com.")]).await.unwrap_err();
        assert_eq!((error.class(), error.may_be_done()), (Class::Passing, false));
        let waited = clock.now() - start;
        assert!((Duration::from_secs(20)..Duration::from_secs(61)).contains(&waited), "{waited:?}");
    });
}
