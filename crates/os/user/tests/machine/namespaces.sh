# UTS
hostname outer; unshare -u sh -c 'hostname; hostname inner; hostname'; hostname
# PID
unshare -p -f sh -c 'echo $$; sh -c "echo \$\$"'
unshare -p -f --mount-proc ps -o pid,ppid,name
unshare -p -f --mount-proc sh -c 'sleep 9 & sleep 9 & sleep 0.2; ps -o pid,ppid,name; ls /proc > $TMP/list; grep -c "^[0-9]" $TMP/list'
ps -o name | grep -c sleep
unshare -p -f sh -c 'exit 6'; echo $?
unshare -p -f --mount-proc sh -c 'sh -c "sleep 0.2 &"; sleep 0.1; ps -o pid,ppid,name | grep sleep'
# the first process of a namespace is deaf to what it does not catch
unshare -p -f sh -c 'kill -TERM 1; kill -KILL 1; echo alive'
unshare -p -f sh -c 'sleep 5 & kill -TERM $!; wait $!; echo $?'
# nesting
unshare -p -f unshare -p -f sh -c 'echo $$'
unshare -p -f --mount-proc sh -c 'grep ^NSpid /proc/self/status | wc -w; unshare -p -f sh -c "grep ^NSpid /proc/self/status | wc -w"'
# mounts
mkdir -p $TMP/m; unshare -m sh -c 'mount -t tmpfs tmpfs $TMP/m; touch $TMP/m/x; ls $TMP/m; grep -c " $TMP/m tmpfs " /proc/mounts'
ls $TMP/m; grep -c " $TMP/m " /proc/mounts
# entering
unshare -u -p -m -f --mount-proc sh -c 'hostname entered; exec sleep 5' & outer=$!
sleep 0.3; inner=$(ps -o ppid,pid | while read parent child; do [ $parent = $outer ] && echo $child; done)
nsenter -t $inner -u hostname; nsenter -t $inner -p -m ps -o pid,name; nsenter -t $inner -m grep -c ' /proc ' /proc/mounts
nsenter -t 1 -u hostname; nsenter -t 999999 -u hostname; echo $?
kill -9 $inner; wait
# the links
ls -l /proc/self/ns/uts | grep -c 'uts:\[[0-9]*\]$'; ls /proc/self/ns | grep -c '^mnt$\|^pid$\|^uts$'
# no second root directory by chroot
chroot /images/web sh -c 'ls /; pwd; ls -d /images'
chroot /nonexistent sh
