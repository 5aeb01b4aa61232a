ctr images
ctr run --name one web sh -c 'hostname; echo $$; ps -o pid,name; cat /etc/os-release; ls /; mount | grep -c " on / "; exit 7'; echo status $?
ctr ps
ctr run --name two web nosuch; echo status $?
ctr run -d --name bg --memory 4M --cpus 0.5 --pids 16 web ticker -i 0.05; sleep 0.2
ctr ps | while read name pid status image command; do echo $name $status $image $command; done
cat /sys/fs/cgroup/ctr/bg/memory.max /sys/fs/cgroup/ctr/bg/cpu.max /sys/fs/cgroup/ctr/bg/pids.max /sys/fs/cgroup/ctr/bg/pids.current
ctr stats | while read name memory cpu limit throttled pids oom; do echo $name ${memory#*/} $limit $pids $oom; done
ctr exec bg sh -c 'hostname; ps -o pid,name; cat /proc/self/cgroup; exit 5'; echo status $?
ctr run --name bg web; ctr rm bg; echo status $?
ps -o name | grep -c '^ticker$'
ctr kill -TERM bg; sleep 0.2; ctr ps | grep -v ^NAME | grep -c 'ended 143'; ctr logs bg | head -n 2; ctr rm bg; ctr ps
[ -d /sys/fs/cgroup/ctr ] || echo no cgroup left
ctr run --name oom --memory 8M base stress --vm 64M --timeout 0; echo status $?
ctr run --name forks --pids 6 base stress --fork 10 --timeout 0.1; echo status $?
ctr run --name crash base crash null; echo status $?
ctr run --name tmp base sh -c 'echo x > /tmp/x; ls /tmp; mount | grep -c " on /tmp type tmpfs"'; ls /images/base/tmp
ctr run -d --name w worker primes; ctr run -d --name d db sorter; sleep 0.3; ctr ps | wc -l
ctr kill w d; sleep 0.2; ctr ps | grep -c 'killed by SIGKILL\|ended killed'; ctr rm w d; ctr ps | wc -l; ps -o stat,name | grep -c '^Z'; ctr run --cpus 0 base
