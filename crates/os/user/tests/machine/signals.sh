# default effects
for s in HUP INT QUIT ILL ABRT FPE KILL USR1 SEGV USR2 PIPE ALRM TERM; do sh -c "kill -$s \$\$; sleep 1; echo alive"; echo $s $?; done
for s in CHLD CONT; do sh -c "kill -$s \$\$; echo alive"; done
# a shell ignores, and its children inherit it
sh -c 'trap "" TERM; sh -c "kill -TERM \$\$; echo inherited"'; sh -c 'trap "" TERM; trap - TERM; kill -TERM $$; echo no'; echo $?
# handlers
sh -c 'trap "echo caught" USR1; kill -USR1 $$; kill -USR1 $$; echo end'
sh -c 'trap "echo bye" EXIT; exit 3'; echo $?; sh -c 'trap "echo t; exit 4" TERM; sleep 5 & wait' & sleep 0.2; kill -TERM $!; wait $!; echo $?
# caught signals become default over exec, ignored ones stay
sh -c 'trap "echo x" TERM; exec sh -c "kill -TERM \$\$; echo no"'; echo $?
# a group
sh -c 'sleep 9 & sleep 9 & kill -TERM $!; wait; echo one gone' & sleep 0.1; kill -9 $!; wait $!; echo $?
# stop and continue
sleep 0.3 & p=$!; kill -STOP $p; sleep 0.5; [ -d /proc/$p ] && echo still there; kill -CONT $p; wait $p; echo $?
sleep 9 & p=$!; sleep 0.1; kill -STOP $p; sleep 0.05; kill -TERM $p; sleep 0.05; read a b s r < /proc/$p/stat; echo $s; kill -CONT $p; wait $p; echo $?
sleep 9 & p=$!; kill -STOP $p; kill -KILL $p; wait $p; echo $?
# what cannot be signalled
kill -TERM 999999; kill -0 $$; echo $?; kill -0 1; echo $?; kill -99 $$; kill -TERM; kill x
# death of a pipe's reader
(while true; do echo y; done; echo no) | head -n 1; sh -c 'trap "" PIPE; while echo y; do :; done; echo $? >&2' 2>&1 > /dev/full | head -n 1
sh -c 'while echo y; do :; done' | head -n 1; echo $?
# EXIT statuses by signal
sh -c 'sleep 9 & kill -9 $!; wait $!; echo $?'
# sleepers are woken
sh -c 'trap "echo woken" USR1; sleep 9 & wait; echo after' & sleep 0.2; kill -USR1 $!; sleep 0.1
