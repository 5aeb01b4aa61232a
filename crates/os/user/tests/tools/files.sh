cd $TMP; mkdir -p d/e/f; ls d; ls d/e; echo x > d/e/file; ls d/e
cp d/e/file d/copy; cat d/copy; cp -r d d2; ls d2; cat d2/e/file
mv d2/copy d2/moved; ls d2; mv d2/moved d2/e; ls d2/e
ln -s file d/e/link; cat d/e/link; ln d/e/file d/hard; cat d/hard
[ -L d/e/link ] && [ ! -L d/hard ] && echo links
touch t1 t2; ls t1 t2; rm t1; ls t1 2>/dev/null; echo $?
rm t1 2>/dev/null; echo $?; rm -f t1; echo $?
rmdir d 2>/dev/null; echo $?; mkdir solo; rmdir solo; [ -e solo ] || echo removed
rm d 2>/dev/null; echo $?; rm -r d d2; ls -a . | grep '^d'; echo $?
mkdir x; mkdir x 2>/dev/null; echo $?; mkdir -p x; echo $?
chmod 600 t2; ls -l t2 | grep -c '^-rw-------'; chmod 755 t2; ls -l t2 | grep -c '^-rwxr-xr-x'
ln -s nowhere dangling; ls dangling; cat dangling 2>/dev/null; echo $?
cp nope x 2>/dev/null; echo $?; mv nope x 2>/dev/null; echo $?
touch .hidden; ls | grep -c hidden; ls -a | grep -c hidden
env -i A=1 B=2 env; env A=5 sh -c 'echo $A'
ls -d x; ls /nonexistent 2>/dev/null; echo $?
id | grep -c '^uid='; uname; pwd | grep -c "$TMP"
sleep 0.05; echo $?; true; echo $?; false; echo $?
kill -0 $$; echo $?; kill -0 999999 2>/dev/null; echo $?
sh -c 'sleep 5 & kill -9 $!; wait $!' 2>/dev/null; echo $?
test -f t2 -a -x t2; echo $?
