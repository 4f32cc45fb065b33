#!/usr/bin/env bash
# Refuse a commit whose subject has more than 60 characters: commit_subject.sh FILE, where FILE holds
# the message. pre-commit runs it as the commit-msg hook. Merges name branches, which may be long.
export LC_ALL=C.UTF-8
subject=$(grep -v '^#' "$1" | grep -m 1 .)
[[ ${#subject} -le 60 || $subject == "Merge "* ]] && exit
echo "the subject has ${#subject} characters, of at most 60: $subject" >&2
exit 1
