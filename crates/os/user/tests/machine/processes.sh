# What a process is, seen from inside.
echo $$ > $TMP/pid; read pid < $TMP/pid
cat /proc/$pid/comm
sleep 30 & child=$!
sleep 0.1
cat /proc/$child/comm; cat /proc/$child/cmdline | wc -c
grep '^Name\|^State' /proc/$child/status; grep -c "^PPid:.$pid\$" /proc/$child/status
read id name state parent rest < /proc/$child/stat; echo $name $state
[ $parent = $pid ] && echo my child
kill -STOP $child; sleep 0.05; read id name state rest < /proc/$child/stat; echo $state
kill -CONT $child; sleep 0.05; read id name state rest < /proc/$child/stat; echo $state
kill $child; wait $child; echo $?; [ -e /proc/$child ] || echo gone
# an orphan becomes a child of the first process
sh -c 'sleep 0.3 & echo $!' > $TMP/orphan; read orphan < $TMP/orphan
sleep 0.1; read id name state parent rest < /proc/$orphan/stat; echo orphan of $parent
# who is not waited for stays as a zombie
sh -c 'sleep 0.1 & echo $! > $TMP/z; exec sleep 0.6' & sleep 0.4; read z < $TMP/z; read id name state rest < /proc/$z/stat; echo $name $state; cat /proc/$z/cmdline | wc -c; wait; sleep 0.1; [ -e /proc/$z ] || echo waited for by init
# exit statuses and signals
sh -c 'exit 300'; echo $?
sh -c 'kill -USR1 $$; sleep 1'; echo $?
sh -c 'trap "" TERM; kill -TERM $$; echo deaf'; sh -c 'trap "echo heard; exit 3" TERM; kill -TERM $$; sleep 1'; echo $?
for fault in null ud2 div0 stack hlt text kernel; do crash $fault > /dev/null; echo $fault $?; done
kill -9 1; echo still here
seq 100000 | head -n 1
ls -l /proc/self/fd/0 > /dev/null 2>&1; sh -c 'echo $0'; sh -c 'echo $0 $1' a b
# a program that is not one
echo 'echo a script' > $TMP/script; chmod 755 $TMP/script; $TMP/script 2> /dev/null; echo $?
echo > $TMP/plain; $TMP/plain; echo $?; $TMP; echo $?
# memory: copy on write keeps parent and child apart
x=parent; (x=child; echo $x); echo $x
stress --vm 4M --timeout 0; stress --fork 20 --timeout 0
# time goes on
before=$(date +%s); sleep 1.1; after=$(date +%s); [ $((after - before)) -ge 1 ] && [ $((after - before)) -le 2 ] && echo a second
uptime | grep -c load; free | grep -c Mem
cd /proc/$pid && ls | grep -c '^stat$'; cat /proc/nonexistent; ls /proc/999999
