package aws.lb_006_test

import rego.v1

import data.aws.lb_006

listener(protocol) := {"urn": "l", "type": "aws:lb/listener:Listener", "inputs": {"port": 80, "protocol": protocol, "defaultActions": [{"type": "redirect"}]}}

rule(action) := {"urn": "r", "type": "aws:lb/listenerRule:ListenerRule", "inputs": {"actions": [{"type": action}]}}

test_forwarded if {
	found := lb_006.deny with input as {"resources": [listener("HTTP"), rule("forward")]}
	{finding.urn | some finding in found} == {"r"}
}

test_redirected if count(lb_006.deny) == 0 with input as {"resources": [listener("HTTP"), rule("redirect")]}

test_encrypted if count(lb_006.deny) == 0 with input as {"resources": [listener("HTTP"), listener("HTTPS"), rule("forward")]}

test_listener_of_another_stack if count(lb_006.deny) == 0 with input as {"resources": [rule("forward")]}
