# METADATA
# title: "The cloud's own protection is not taken away"
# description: What the provider calls deletion protection holds also against people and against other tools.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html
# custom:
#   id: HYGIENE-STATE-003
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: undetermined
#   remediation: "Set `{path}: {expected}` again on {urn}; only a person may take it away."
package hygiene.state_003

import rego.v1

lost["deletionProtection"] if {
	input.old_inputs.deletionProtection == true
	not input.inputs.deletionProtection == true
}

# A user pool of Cognito has a word for it.
lost["deletionProtection"] := "ACTIVE" if {
	input.old_inputs.deletionProtection == "ACTIVE"
	not input.inputs.deletionProtection == "ACTIVE"
}

lost["deleteProtection"] if {
	input.old_inputs.deleteProtection == true
	not input.inputs.deleteProtection == true
}

lost["settings.deletionProtectionEnabled"] if {
	input.old_inputs.settings.deletionProtectionEnabled == true
	not input.inputs.settings.deletionProtectionEnabled == true
}

lost["deletionProtectionEnabled"] if {
	input.old_inputs.deletionProtectionEnabled == true
	not input.inputs.deletionProtectionEnabled == true
}

lost["enableDeletionProtection"] if {
	input.old_inputs.enableDeletionProtection == true
	not input.inputs.enableDeletionProtection == true
}

lost["disableApiTermination"] if {
	input.old_inputs.disableApiTermination == true
	not input.inputs.disableApiTermination == true
}

lost["terminationProtection"] if {
	input.old_inputs.terminationProtection == true
	not input.inputs.terminationProtection == true
}

lost["purgeProtectionEnabled"] if {
	input.old_inputs.purgeProtectionEnabled == true
	not input.inputs.purgeProtectionEnabled == true
}

# These take protection away by being on.
lost["forceDestroy"] := false if {
	input.inputs.forceDestroy == true
	is_object(input.old_options)
	not input.old_inputs.forceDestroy == true
}

lost["forceDelete"] := false if {
	input.inputs.forceDelete == true
	is_object(input.old_options)
	not input.old_inputs.forceDelete == true
}

lost["skipFinalSnapshot"] := false if {
	input.inputs.skipFinalSnapshot == true
	is_object(input.old_options)
	not input.old_inputs.skipFinalSnapshot == true
}

lost["deleteAutomatedBackups"] := false if {
	input.inputs.deleteAutomatedBackups == true
	is_object(input.old_options)
	not input.old_inputs.deleteAutomatedBackups == true
}

deny contains {"path": split(property, "."), "expected": expected, "msg": "a protection against deletes is taken away"} if some property, expected in lost
