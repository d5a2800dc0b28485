"""Prints the descriptors inside the installed Pulumi SDK as a serialised FileDescriptorSet."""

import importlib
import pkgutil
import sys

from google.protobuf import descriptor_pb2, descriptor_pool

import pulumi.runtime.proto as proto

found = descriptor_pb2.FileDescriptorSet()
names = set()
for module in pkgutil.walk_packages(proto.__path__, proto.__name__ + "."):
    if module.name.endswith("_pb2"):
        names.add(importlib.import_module(module.name).DESCRIPTOR.name)
for name in sorted(names):
    descriptor_pool.Default().FindFileByName(name).CopyToProto(found.file.add())
sys.stdout.buffer.write(found.SerializeToString())
