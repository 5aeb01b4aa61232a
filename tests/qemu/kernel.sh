echo hello from init, pid $$
hostname
uname
cat /proc/cmdline
echo one two three | wc
seq 100 | grep 7 | tail -n 3
ls /
ls /bin | wc -l
mkdir -p /tmp/a/b && echo kept > /tmp/a/b/c && cat /tmp/a/b/c && rm -r /tmp/a
ls /tmp/a
echo status $?
for n in 1 2 3; do echo round $n; done
(exit 42); echo status $?
crash null; echo status $?
crash ud2; echo status $?
crash div0; echo status $?
sleep 100 & kill -9 $!; wait; echo killed
ps -o pid,ppid,name
mount
unshare -u sh -c 'hostname inner; hostname'
hostname
unshare -p -f --mount-proc sh -c 'echo pid $$; ps -o pid,name'
echo +memory +pids > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/small
echo 4M > /sys/fs/cgroup/small/memory.max
cat /sys/fs/cgroup/small/memory.max
echo 3 > /sys/fs/cgroup/small/pids.max
sh -c 'echo $$ > /sys/fs/cgroup/small/cgroup.procs; stress --vm 8M --timeout 2'; echo status $?
grep oom_kill /sys/fs/cgroup/small/memory.events
sh -c 'echo $$ > /sys/fs/cgroup/small/cgroup.procs; for n in 1 2 3 4; do sleep 1 & done; echo forked'; echo status $?
cat /sys/fs/cgroup/small/pids.events
ctr images
ctr run --name one --memory 8M --pids 16 base sh -c 'echo inside as pid $$; hostname; ls /; ps -o pid,name'
ctr run -d --name two web ticker -n 2 -i 0.3
ctr ps
sleep 2
ctr logs two
ctr rm two
poweroff
