//! What is found before a plan is made.

use std::collections::{BTreeMap, BTreeSet};

use model::certificate_sync::plan::Question;
use model::certificate_sync::{CertificateSync, Destination, DestinationConfig, SyncOptions};
use model::id::{ApplicationId, CertificateSyncId, OrganizationId, ProjectId};
use placement::survey;
use serde_json::json;

use crate::aws::{
    Aws, BALANCER, CERTIFICATE, LISTENER, at, connection, ok, region, simulated, xml, xml_error,
};

fn sync() -> CertificateSync {
    CertificateSync {
        id: CertificateSyncId::random(),
        organization_id: OrganizationId::random(),
        project_id: ProjectId::random(),
        application_id: ApplicationId::random(),
        name: "web".into(),
        description: None,
        connection_id: connection().id,
        is_auto_sync_enabled: true,
        destination: DestinationConfig::AwsElasticLoadBalancer {
            region: region(),
            load_balancer_arn: BALANCER.parse().unwrap(),
            listeners: Vec::new(),
        },
        options: SyncOptions::default_of(Destination::AwsElasticLoadBalancer),
        created_by: "user:ada".into(),
    }
}

/// The listeners that are found.
async fn found(aws: &Aws) -> Result<Vec<String>, placement::Error> {
    let sync = sync();
    let question = Question {
        sync: &sync,
        application_name: "web",
        default: None,
        slots: &[],
        certificates: &BTreeMap::new(),
        removes: false,
        allows_deletions: false,
        now: testkit::now(),
    };
    let survey = survey(&aws.placements, &connection(), &question, BTreeSet::new(), at()).await?;
    Ok(survey.found.listeners.into_iter().map(|one| one.arn).collect())
}

/// Three listeners, the second one of which refuses to be looked at.
fn account(clock: &testkit::clock::SimulatedClock, code: &'static str) -> Aws {
    Aws::of(clock, move |request| match request.parameter("Action").as_deref() {
        Some("DescribeListeners") => {
            let member = |number: u32| {
                format!(
                    "<member><LoadBalancerArn>{BALANCER}</LoadBalancerArn><Protocol>HTTPS</Protocol><Port>{number}</Port>\
                     <ListenerArn>{LISTENER}{number}</ListenerArn></member>"
                )
            };
            let members: String = (1..=3).map(member).collect();
            xml("DescribeListeners", &format!("<Listeners>{members}</Listeners>"))
        }
        Some(_) if request.parameter("ListenerArn") == Some(format!("{LISTENER}2")) => {
            xml_error(400, code, "One or more listeners not found")
        }
        Some(action) => {
            let default = format!(
                "<member><CertificateArn>{CERTIFICATE}</CertificateArn><IsDefault>true</IsDefault></member>"
            );
            xml(action, &format!("<Certificates>{default}</Certificates>"))
        }
        None => ok(&json!({ "CertificateSummaryList": [] })),
    })
}

#[test]
fn a_listener_that_is_deleted_meanwhile_is_missing_and_the_others_are_found() {
    simulated(async |clock| {
        let left = found(&account(&clock, "ListenerNotFound")).await.unwrap();
        assert_eq!(left, [format!("{LISTENER}1"), format!("{LISTENER}3")]);
        let refused = found(&account(&clock, "AccessDenied")).await.unwrap_err();
        assert_eq!(refused.action(), "elasticloadbalancing:DescribeListenerCertificates");
    });
}
