package k8s.net_test

import rego.v1

import data.k8s.net

test_the_world_in_parts if {
	every range in ["0.0.0.0/0", "128.0.0.0/1", "::/0", "2000::/3", " 0.0.0.0/0 ", "::/0\n", "0.0.0.0/ 0", "0.0.0.0/00"] {
		net.is_world(range)
	}
}

test_a_network_is_not_the_world if {
	every range in ["10.0.0.0/8", "203.0.113.7/32", "2001:db8::/32", "not a range", 7, null] {
		not net.is_world(range)
	}
}
