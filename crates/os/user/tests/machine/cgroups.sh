cd /sys/fs/cgroup; mkdir t; cd t
cat ../cgroup.controllers | grep -c 'cpu.*memory.*pids'
cat cgroup.controllers; cat cgroup.subtree_control; cat cgroup.procs; cat cgroup.type; ls | grep -c '^memory.max'
echo +cpu +memory +pids > ../cgroup.subtree_control; cat cgroup.controllers
cat cpu.max cpu.weight memory.max pids.max; cat cgroup.events cgroup.freeze
echo 5000 > memory.max; cat memory.max; echo 1M > memory.max; cat memory.max; echo max > memory.max; cat memory.max
echo 20000 > cpu.max; cat cpu.max; echo max 50000 > cpu.max; cat cpu.max; echo 50 > cpu.weight; cat cpu.weight
echo 7 > pids.max; cat pids.max; echo max > pids.max
echo words > memory.max; echo -1 > memory.max; echo 5 > cpu.max; echo 0 > cpu.weight; echo 20000 > cpu.weight; echo -3 > pids.max
echo +nosuch > cgroup.subtree_control; echo cpu > cgroup.subtree_control; echo 2 > cgroup.freeze; echo 999999 > cgroup.procs; echo x > cgroup.procs
# processes
sleep 30 & p=$!; echo $p > cgroup.procs; grep -c "^$p\$" cgroup.procs; cat /proc/$p/cgroup; grep populated cgroup.events; cat pids.current
rmdir ../t; echo $?; mkdir sub; echo +memory > cgroup.subtree_control; echo $p > sub/cgroup.procs; echo +memory > cgroup.subtree_control; cat cgroup.subtree_control
echo $p > cgroup.procs; cat /proc/$p/cgroup; rmdir .; ls sub | grep -c ^memory.max; echo -memory > cgroup.subtree_control; ls sub | grep -c ^memory.max; cat cgroup.subtree_control
kill $p; wait $p; grep populated sub/cgroup.events; rmdir sub; touch file; rm cgroup.procs; echo $?
# children start where their parents are
sh -c 'echo 0 > cgroup.procs; cat /proc/self/cgroup; sh -c "cat /proc/self/cgroup"; wc -l < cgroup.procs'
# pids
echo 3 > pids.max; sh -c 'echo 0 > cgroup.procs; stress --fork 5 --timeout 0.2'; cat pids.current; grep -c 'max [1-9]' pids.events; echo max > pids.max
# memory
echo 2M > memory.max; sh -c 'echo 0 > cgroup.procs; exec stress --vm 1M --timeout 0'; echo $?
sh -c 'echo 0 > cgroup.procs; exec stress --vm 16M --timeout 0' 2> /dev/null; echo $?; grep oom_kill memory.events; grep -c '^max [1-9]' memory.events; echo max > memory.max
sh -c 'echo 0 > cgroup.procs; exec stress --vm 4M --timeout 0.4' & sleep 0.2; [ $(cat memory.current) -gt 4000000 ] && [ $(cat memory.current) -lt 9000000 ] && echo charged; wait; [ $(cat memory.current) -lt 2000000 ] && echo given back
# cpu
value() { while read name number; do [ $name = $1 ] && echo $number; done; }
echo 20000 100000 > cpu.max; u=$(value usage_usec < cpu.stat); sh -c 'echo 0 > cgroup.procs; exec stress --cpu 1 --timeout 1' > /dev/null
u=$(( ($(value usage_usec < cpu.stat) - u) / 1000 )); n=$(value nr_periods < cpu.stat); [ $u -gt 80 ] && [ $u -lt $((30 * (n + 2))) ] && echo a fifth || echo $u ms in $n periods
[ $n -ge 4 ] && [ $(value nr_throttled < cpu.stat) -ge 3 ] && [ $(value throttled_usec < cpu.stat) -gt 100000 ] && echo throttled; echo max > cpu.max
mkdir ../t2; echo 300 > cpu.weight; echo 100 > ../t2/cpu.weight
sh -c 'echo 0 > cgroup.procs; exec stress --cpu 1 --timeout 2' > /dev/null & sh -c 'echo 0 > ../t2/cgroup.procs; exec stress --cpu 1 --timeout 2' > /dev/null; wait
a=$(value usage_usec < cpu.stat); b=$(value usage_usec < ../t2/cpu.stat); r=$(( (a - u * 1000) * 10 / b )); [ $r -gt 22 ] && [ $r -lt 38 ] && echo three to one || echo $a $b $r; rmdir ../t2
# freezer and kill
sleep 30 & p=$!; echo $p > cgroup.procs; echo 1 > cgroup.freeze; sleep 0.1; cat cgroup.freeze; grep frozen cgroup.events
echo 0 > cgroup.freeze; sleep 0.05; grep frozen cgroup.events; echo 2 > cgroup.kill; echo 1 > cgroup.kill; wait $p; echo $?
cd ..; rmdir t; ls -d t; cat /proc/self/cgroup; ls memory.max cgroup.kill 2> /dev/null; ls cgroup.procs cpu.stat
