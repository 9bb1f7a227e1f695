//! Session policies: what a session may do, whatever the customer's role allows besides. The actions are the documented ones.

use model::arn::{AccountId, Arn};
use model::policy::{Document, SessionPolicy, Statement};
use model::region::Region;

use crate::{AcmDeed, BalancerDeed};

/// ACM of one region; where certificates are changed that are there already, these alone.
pub(crate) fn acm(account: &AccountId, region: &Region, deed: AcmDeed<'_>) -> SessionPolicy {
    let any = || vec![format!("arn:{}:acm:{region}:{account}:certificate/*", region.partition())];
    let list = || Statement::allow("List", "acm", &["ListCertificates"], vec!["*".to_owned()]);
    let on =
        |actions: &[&str], resource: Vec<String>| Statement::allow("Certificates", "acm", actions, resource);
    let reading = ["DescribeCertificate", "GetCertificate", "ListTagsForCertificate"];
    // Tags at an import need the permission for tags.
    let importing = ["ImportCertificate", "AddTagsToCertificate", "DescribeCertificate"];
    let deleting = ["DeleteCertificate", "DescribeCertificate", "ListTagsForCertificate"];
    let named = |arns: &[&str]| arns.iter().map(|arn| (*arn).to_owned()).collect::<Vec<_>>();
    match deed {
        AcmDeed::Look => fitting(vec![list(), on(&reading, any())], Vec::new),
        AcmDeed::Import => fitting(vec![on(&importing, any())], Vec::new),
        AcmDeed::Replace(arns) => fitting(vec![on(&importing, named(arns))], || vec![on(&importing, any())]),
        AcmDeed::Delete(arns) => fitting(vec![on(&deleting, named(arns))], || vec![on(&deleting, any())]),
    }
}

/// Load balancers of one region. AWS does not narrow looking; changes are of the named listeners alone.
pub(crate) fn load_balancers(account: &AccountId, region: &Region, deed: BalancerDeed<'_>) -> SessionPolicy {
    let looking = || {
        let actions = ["DescribeLoadBalancers", "DescribeListeners", "DescribeListenerCertificates"];
        Statement::allow("Look", "elasticloadbalancing", &actions, vec!["*".to_owned()])
    };
    let changing = |listeners: Vec<String>| {
        let actions = ["AddListenerCertificates", "RemoveListenerCertificates", "ModifyListener"];
        Statement::allow("Change", "elasticloadbalancing", &actions, listeners)
    };
    // Should the load balancer look at a certificate for whoever attaches it.
    let attaching = || {
        let any = format!("arn:{}:acm:{region}:{account}:certificate/*", region.partition());
        Statement::allow("Attach", "acm", &["DescribeCertificate"], vec![any])
    };
    match deed {
        BalancerDeed::Look => fitting(vec![looking()], Vec::new),
        BalancerDeed::Change(listeners) => {
            let named = listeners.iter().map(Arn::to_string).collect();
            fitting(vec![looking(), attaching(), changing(named)], || {
                vec![looking(), attaching(), changing(all_beside(listeners, account, region))]
            })
        }
    }
}

/// Every listener of the load balancers that have these.
fn all_beside(listeners: &[Arn], account: &AccountId, region: &Region) -> Vec<String> {
    let partition = region.partition();
    let of = |listener: &Arn| {
        let (balancer, _) = listener.resource.rsplit_once('/')?;
        Some(format!("arn:{partition}:elasticloadbalancing:{region}:{account}:{balancer}/*"))
    };
    let mut all: Vec<String> = listeners.iter().filter_map(of).collect();
    all.sort();
    all.dedup();
    all
}

/// The policy; the broader one where the narrow one is longer than AssumeRole takes, or names nothing.
fn fitting(narrow: Vec<Statement>, broad: impl FnOnce() -> Vec<Statement>) -> SessionPolicy {
    let policy = SessionPolicy::new(&Document::new(narrow));
    let policy = policy.or_else(|_| SessionPolicy::new(&Document::new(broad())));
    // A session that may do nothing is refused by AWS, in words, at its first call.
    policy.unwrap_or_else(|_| SessionPolicy::validation())
}
