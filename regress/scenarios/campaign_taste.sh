#!/bin/bash
# needs: netns
# A taste of `make campaign`: random kills at random moments.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kill9.sh
. "$LAB_DIR/kill9.sh"
# shellcheck source=regress/lab/campaign.sh
. "$LAB_DIR/campaign.sh"

campaign 18
lab_done
