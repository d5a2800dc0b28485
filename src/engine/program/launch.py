"""Runs one Pulumi program: what the vendor's own launcher does, for an interpreter in a sandbox.

Exit codes: 0 done, 32 failed and said why (through the engine's log), anything else failed.
"""

import argparse
import asyncio
import logging
import os
import runpy
import sys
import traceback

SITE_PACKAGES = "/work/site"
FAILED_AND_SAID_WHY = 32


def arguments():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("monitor", "engine", "organization", "project", "stack", "pwd", "parallel", "dry_run"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("PROGRAM")
    return parser.parse_args()


def main():
    args = arguments()
    # In place of this file's own folder: a program sees its packages and itself.
    sys.path.insert(0, SITE_PACKAGES)

    import pulumi
    import pulumi.runtime

    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=args.project,
            stack=args.stack,
            parallel=int(args.parallel),
            engine=args.engine,
            monitor=args.monitor,
            dry_run=args.dry_run == "true",
            organization=args.organization,
        )
    )
    os.chdir(args.pwd)
    sys.path.insert(0, args.pwd)
    sys.argv = [args.PROGRAM]
    # The SDK leaves cancelled tasks behind, which asyncio would report.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    succeeded = False
    try:
        program = lambda: runpy.run_path(args.PROGRAM, run_name="__main__")
        loop.run_until_complete(pulumi.runtime.run_in_stack(program))
        succeeded = True
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
    except Exception:
        pulumi.log.error("Program failed with an unhandled exception:\n" + traceback.format_exc())
    finally:
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0 if succeeded else FAILED_AND_SAID_WHY


if __name__ == "__main__":
    sys.exit(main())
