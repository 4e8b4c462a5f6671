# SPDX-License-Identifier: BSD-2-Clause
# What fish offers for each line of standard input, a line each:
# fish --no-config tests/bin/complete.fish FILE
source $argv[1]
complete -c one -f -a of-one
complete -c two -f -a of-two
complete -c three -f -a of-three
while read -l line
    # A description follows a tab.
    echo (complete -C $line | string replace -r '\t.*' '' | sort -u)
end
