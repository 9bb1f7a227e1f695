//! The templates by which Private CA makes certificates. They say no more than the basic constraints; names and usages are
//! passed through.
//!
//! <https://docs.aws.amazon.com/privateca/latest/userguide/template-definitions.html>

use model::certificate::BasicConstraints;
use model::partition::Partition;

const END_ENTITY: &str = "BlankEndEntityCertificate_APICSRPassthrough";

/// The longest path below an authority that there is a template for.
const LONGEST_PATH: u8 = 3;

/// The template for a certificate; `None` for an authority for which there is none.
pub(crate) fn of(partition: Partition, constraints: BasicConstraints) -> Option<String> {
    match (constraints.is_ca, constraints.path_length) {
        (false, _) => Some(arn(partition, END_ENTITY)),
        (true, Some(length)) if length <= LONGEST_PATH => Some(arn(partition, &subordinate(length))),
        (true, _) => None,
    }
}

/// Every template that is used.
pub(crate) fn all(partition: Partition) -> Vec<String> {
    let subordinates = (0..=LONGEST_PATH).map(|length| arn(partition, &subordinate(length)));
    std::iter::once(arn(partition, END_ENTITY)).chain(subordinates).collect()
}

fn subordinate(path_length: u8) -> String {
    format!("BlankSubordinateCACertificate_PathLen{path_length}_APICSRPassthrough")
}

fn arn(partition: Partition, name: &str) -> String {
    format!("arn:{partition}:acm-pca:::template/{name}/V1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_of_the_partition_and_of_the_use() {
        let of = |partition, is_ca, path_length| of(partition, BasicConstraints { is_ca, path_length });
        for (partition, is_ca, path_length, expected) in [
            (
                Partition::Aws,
                false,
                None,
                "arn:aws:acm-pca:::template/BlankEndEntityCertificate_APICSRPassthrough/V1",
            ),
            (
                Partition::AwsCn,
                false,
                None,
                "arn:aws-cn:acm-pca:::template/BlankEndEntityCertificate_APICSRPassthrough/V1",
            ),
            (
                Partition::Aws,
                true,
                Some(0),
                "arn:aws:acm-pca:::template/BlankSubordinateCACertificate_PathLen0_APICSRPassthrough/V1",
            ),
            (
                Partition::AwsUsGov,
                true,
                Some(3),
                "arn:aws-us-gov:acm-pca:::template/BlankSubordinateCACertificate_PathLen3_APICSRPassthrough/V1",
            ),
        ] {
            assert_eq!(of(partition, is_ca, path_length).as_deref(), Some(expected));
            assert!(all(partition).contains(&expected.to_owned()));
        }
        assert_eq!(of(Partition::Aws, true, Some(4)), None);
        assert_eq!(of(Partition::Aws, true, None), None);
    }
}
